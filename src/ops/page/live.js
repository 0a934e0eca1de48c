import { useEffect, useRef, useState } from 'preact/hooks'

const RECONNECT_MS = 3_000
const TICK_MS = 1_000
const POINTS_MAX = 120

/**
 * Follows the server's picture of all processes.
 * @param {() => void} onSignedOut
 * @returns {{ live: any, points: any[], ageMs: number, isConnected: boolean }}
 */
export function useLive(onSignedOut) {
  const [live, setLive] = useState(/** @type {any} */ (null))
  const [points, setPoints] = useState(/** @type {any[]} */ ([]))
  const [isConnected, setIsConnected] = useState(false)
  const [, setTick] = useState(0)
  const heardAt = useRef(0)
  useEffect(() => {
    let source = /** @type {EventSource | undefined} */ (undefined)
    let timer = 0
    const read = (/** @type {Event} */ event) => JSON.parse(/** @type {MessageEvent} */ (event).data)
    const connect = () => {
      source = new EventSource('/ops/api/live')
      source.addEventListener('open', () => setIsConnected(true))
      source.addEventListener('live', (event) => {
        heardAt.current = performance.now()
        setLive(read(event))
      })
      source.addEventListener('history', (event) => setPoints(read(event)))
      source.addEventListener('point', (event) =>
        setPoints((before) => [...before, read(event)].slice(-POINTS_MAX)),
      )
      source.addEventListener('signed_out', onSignedOut)
      source.addEventListener('error', () => {
        setIsConnected(false)
        // The browser itself does not try again after a refusal.
        if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(connect, RECONNECT_MS)
      })
    }
    connect()
    const ticking = window.setInterval(() => setTick((tick) => tick + 1), TICK_MS)
    return () => {
      source?.close()
      clearTimeout(timer)
      clearInterval(ticking)
    }
  }, [])
  return { live, points, isConnected, ageMs: live ? performance.now() - heardAt.current : 0 }
}
