import { killStarted } from './watchdog.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export interface Interrupts {
  /** True from the first signal on: a failure that it caused need not be reported. */
  happened(): boolean
  /** Takes the handlers away again. */
  ignore(): void
}

// Keeps the process alive while it stops things; what it waits for may be children that do not.
const STOPPING_INTERVAL_MS = 1_000

/**
 * On Ctrl-C, a termination or a closed terminal: runs `stop`, kills what was only just starting, and exits with the
 * signal's usual code. A second signal exits at once; what then still runs is killed by the watchdog.
 */
export function onInterrupt(stop: () => Promise<void>): Interrupts {
  let isStopping = false
  const interrupted = async (code: number) => {
    if (isStopping) process.exit(code)
    isStopping = true
    setInterval(() => undefined, STOPPING_INTERVAL_MS)
    await stop().catch((error: unknown) => console.error(error))
    await killStarted().catch((error: unknown) => console.error(error))
    process.exit(code)
  }
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => ({
    signal,
    handler: () => void interrupted(code),
  }))
  for (const { signal, handler } of handlers) process.on(signal, handler)
  return {
    happened: () => isStopping,
    ignore() {
      for (const { signal, handler } of handlers) process.off(signal, handler)
    },
  }
}
