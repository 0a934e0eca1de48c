import { killStarted } from './watchdog.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * On Ctrl-C, a termination or a closed terminal: runs `stop`, kills what was only just starting, and exits with the
 * signal's usual code. A second signal exits at once; what then still runs is killed by the watchdog.
 *
 * @returns a function that takes the handlers away again.
 */
export function onInterrupt(stop: () => Promise<void>): () => void {
  let isStopping = false
  const interrupted = async (code: number) => {
    if (isStopping) process.exit(code)
    isStopping = true
    await stop().catch((error: unknown) => console.error(error))
    await killStarted().catch((error: unknown) => console.error(error))
    process.exit(code)
  }
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => ({
    signal,
    handler: () => void interrupted(code),
  }))
  for (const { signal, handler } of handlers) process.on(signal, handler)
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler)
  }
}
