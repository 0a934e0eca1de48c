import { backOffMs, pause, afterTimeout } from '../../../platform/loop.ts'
import { Session } from './session.ts'
import type { SessionSettings } from './session.ts'

/** One bind that is kept: a session, and after its end the next one. */
export interface Link {
  /** Undefined while nothing is bound. */
  session(): Session | undefined
  /**
   * Why nothing is bound, once opening it failed. Undefined: it is bound, or being opened for the first time or for the
   * first time after it was bound, which may well succeed.
   */
  failure(): string | undefined
  close(): Promise<void>
}

export interface LinkSettings extends SessionSettings {
  /** It was bound, its session ended, or opening it failed; `reason` says why for the latter two. */
  onChange: (change: { isBound: boolean; reason: string }) => void
  random?: () => number
}

export function openLink(settings: LinkSettings): Link {
  const { timers, onChange, random = Math.random } = settings
  const closing = new AbortController()
  let current: Session | undefined
  let bound: Session | undefined
  let failures = 0
  let reason: string | undefined

  const open = async () => {
    const session = new Session({
      ...settings,
      onBound: () => {
        bound = session
        failures = 0
        reason = undefined
        onChange({ isBound: true, reason: '' })
        settings.onBound()
      },
    })
    current = session
    const why = await session.ended
    if (bound) bound = undefined
    else {
      failures++
      reason = why
    }
    onChange({ isBound: false, reason: why })
  }
  const keep = async () => {
    while (!closing.signal.aborted) {
      await open()
      const waitMs = backOffMs(
        Math.max(0, failures - 1),
        timers.reconnectMinMs,
        timers.reconnectMaxMs,
        random,
      )
      await pause(waitMs, closing.signal, afterTimeout).ended
    }
  }
  const kept = keep()
  return {
    session: () => bound,
    failure: () => reason,
    async close() {
      closing.abort()
      await current?.close()
      await kept
    },
  }
}
