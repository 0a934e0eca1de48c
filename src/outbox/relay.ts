import { afterTimeout, startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import { confirmLease } from './confirmLease.ts'
import type { PublishedRow } from './confirmLease.ts'
import { CONFIRM_LEASE_AFTER_MS } from './lease.ts'
import { claimNext, openRelayState } from './claimNext.ts'
import type { RelayState } from './claimNext.ts'
import { BUSY_MS, FULL_POLL_MS, IDLE_POLL_MS, QUIET_AFTER_MS, QUIET_POLL_FACTOR } from './pollIntervals.ts'
import { publishClaim } from './publishClaim.ts'
import type { RelaySettings } from './relaySettings.ts'

/** A helper worker is woken by the worker before it and does not poll. */
const HELPER_POLL_MS = 60_000

/** Publishes what is due of one class. Each worker makes one claim after the other. */
export function startRelay(settings: RelaySettings): Loop {
  const { db, type, events } = settings
  const after = settings.after ?? afterTimeout
  const onError = (error: unknown, retryInMs: number) => events.relayFailed({ type, error, retryInMs })
  const state = openRelayState(settings)
  let published: PublishedRow[] = []
  const confirmLeases = async () => {
    const rows = published
    published = []
    await confirmLease(db, type, rows)
  }
  const onPublished = (rows: PublishedRow[]) => void published.push(...rows)
  const workers: Loop[] = []
  for (let number = 0; number < settings.concurrency; number++) {
    const onFull = () => workers[number + 1]?.wake()
    workers.push(startWorker(settings, state, { looksForWork: number === 0, onError, onPublished, onFull }))
  }
  const confirming = startLoop({
    idleMs: CONFIRM_LEASE_AFTER_MS,
    after,
    onError,
    runOnce: async () => (await confirmLeases(), 'idle'),
  })
  return {
    wake: () => workers[0]?.wake(),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()))
      await confirming.close()
      await confirmLeases().catch((error: unknown) => onError(error, 0))
    },
  }
}

interface WorkerSettings {
  looksForWork: boolean
  onError: (error: unknown, retryInMs: number) => void
  onPublished: (rows: PublishedRow[]) => void
  /** Called when a claim may have left due rows, which another worker can take. */
  onFull: () => void
}

function startWorker(settings: RelaySettings, state: RelayState, worker: WorkerSettings): Loop {
  const { type, after = afterTimeout, nowMs = () => performance.now() } = settings
  const { looksForWork, onError, onPublished, onFull } = worker
  let nextAtMs = -Infinity
  let foundAtMs = -Infinity
  let isBusy = false
  let isQueueFull = false
  const idleMs = () => {
    if (nowMs() - foundAtMs > QUIET_AFTER_MS) return IDLE_POLL_MS[type] * QUIET_POLL_FACTOR
    return isQueueFull ? FULL_POLL_MS : IDLE_POLL_MS[type]
  }
  return startLoop({
    idleMs: looksForWork ? idleMs : HELPER_POLL_MS,
    after,
    onError,
    runOnce: async (stopping) => {
      await pause(nextAtMs - nowMs(), stopping, after)
      if (stopping.aborted) return 'idle'
      const startedAtMs = nowMs()
      const claimed = await claimNext(settings, state, { isBusy })
      isQueueFull = claimed === 'queue full'
      isBusy = claimed !== undefined
      if (!claimed || claimed === 'queue full') return 'idle'
      foundAtMs = startedAtMs
      if (claimed.isFull) onFull()
      onPublished(await publishClaim(settings, claimed))
      nextAtMs = claimed.isFull ? -Infinity : startedAtMs + BUSY_MS[type]
      return 'worked'
    },
  })
}

async function pause(ms: number, stopping: AbortSignal, after: After): Promise<void> {
  if (ms <= 0 || stopping.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = after(ms, resolve)
  const end = () => {
    cancel()
    resolve()
  }
  stopping.addEventListener('abort', end, { once: true })
  await promise
  stopping.removeEventListener('abort', end)
}

/** One round of the relay from claim to confirmed leases. @returns how many envelopes were confirmed. */
export async function relayOnce(settings: RelaySettings): Promise<number> {
  const state = openRelayState(settings)
  const claimed = await claimNext(settings, state, { isBusy: false })
  if (!claimed || claimed === 'queue full') return 0
  await state.position.publish()
  const published = await publishClaim(settings, claimed)
  await confirmLease(settings.db, settings.type, published)
  return published.length
}
