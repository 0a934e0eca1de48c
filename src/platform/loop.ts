import { setImmediate } from 'node:timers/promises'

/** Does one round of work and says whether there was any. A long round may end early when `stopping` is aborted. */
export type RunOnce = (stopping: AbortSignal) => Promise<'worked' | 'idle'>

/** Runs `fn` after `ms` milliseconds, unless the returned function is called first. */
export type After = (ms: number, fn: () => void) => () => void

export interface LoopOptions {
  runOnce: RunOnce
  /** The poll interval: the wait after an idle round, as a number or a function of the moment. A wake-up ends it. */
  idleMs: number | (() => number)
  /** Called after every failed round with the pause before the next one. Must not throw. */
  onError: (error: unknown, retryInMs: number) => void
  after?: After
  random?: () => number
}

export interface Loop {
  /** Signals possible work: ends an idle wait now. During a round, the next one follows immediately. */
  wake(): void
  /** Starts no further round and resolves when the current one has ended. */
  close(): Promise<void>
}

/** Back-off after failures: 100 ms doubled up to 5 s, so that a recovering server is neither flooded nor left idle. */
const BACKOFF_FIRST_MS = 100
const BACKOFF_MAX_MS = 5_000

/** The only endless loop of the program. Rounds never overlap; a failed round is reported and retried later. */
export function startLoop(options: LoopOptions): Loop {
  const after = options.after ?? afterTimeout
  const random = options.random ?? Math.random
  const stopping = new AbortController()
  let woken = false
  let endIdleWait = () => {}

  async function idle(): Promise<void> {
    if (woken) return
    const { idleMs } = options
    const wait = pause(typeof idleMs === 'number' ? idleMs : idleMs(), stopping.signal, after)
    endIdleWait = wait.end
    await wait.ended
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      woken = false
      try {
        const result = await options.runOnce(stopping.signal)
        failures = 0
        // Without this, rounds that never wait would starve timers and sockets.
        await (result === 'idle' ? idle() : setImmediate())
      } catch (error) {
        const retryInMs = backOffMs(failures++, BACKOFF_FIRST_MS, BACKOFF_MAX_MS, random)
        options.onError(error, retryInMs)
        // Not cut short by a wake-up: commits go on while the broker is unavailable, and each of them wakes the relay.
        await pause(retryInMs, stopping.signal, after).ended
      }
    }
  }

  const done = run()
  return {
    wake() {
      woken = true
      endIdleWait()
    },
    close() {
      stopping.abort()
      return done
    },
  }
}

/**
 * @returns a pause that doubles with each failure before, of which half is random: processes that failed together do
 * not retry together.
 */
export function backOffMs(
  failuresBefore: number,
  firstMs: number,
  maxMs: number,
  random: () => number,
): number {
  const ms = Math.min(maxMs, firstMs * 2 ** Math.min(failuresBefore, 16))
  return Math.round(ms * (0.5 + random() / 2))
}

/** A wait that ends by time, by `end()` or by the signal, whichever comes first. */
export function pause(
  ms: number,
  signal: AbortSignal,
  after: After,
): { ended: Promise<void>; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = after(ms, resolve)
  const end = () => {
    cancel()
    resolve()
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  return { ended: promise.finally(() => signal.removeEventListener('abort', end)), end }
}

/** Replaces negative delays by 0, because Node would print a warning about them into the log. */
export function afterTimeout(ms: number, fn: () => void): () => void {
  const timer = setTimeout(fn, Math.max(0, ms))
  return () => clearTimeout(timer)
}
