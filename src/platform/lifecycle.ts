import type { Logger } from './telemetry/logger.ts'

/** Something that was opened and must be closed: a listener, a loop, a pool. `deadlineMs` is what time is left. */
export interface Part {
  name: string
  /** Takes work in. All such parts are closed first and concurrently, so that none takes work while another drains. */
  takesWork?: boolean
  close(deadlineMs: number): Promise<void>
}

/** The part of `process` that ends it. */
export interface Host {
  on(event: string, listener: (argument: unknown) => void): unknown
  exit(code: number): void
}

export interface Lifecycle {
  /**
   * Parts that take work are closed first, concurrently. The others follow in reverse order, because a part may depend
   * on earlier ones.
   */
  add(part: Part): void
  /**
   * Closes every part, once, within the deadline. Also used when a start fails half-way.
   * @returns whether all parts closed without a fault and in time.
   */
  close(): Promise<boolean>
  /** Closes every part and ends the process, as the first signal does. */
  end(): Promise<void>
  /** Calls it on each SIGHUP, if that does not end the process. A SIGHUP that came before counts. */
  onHangup(listener: () => void): void
}

export interface LifecycleOptions {
  logger: Logger
  deadlineMs: number
  /** Whether SIGHUP is a closed terminal, or a wish that something is read again. */
  endsOnHangup?: boolean
  host?: Host
}

/**
 * Ends the process in order on SIGTERM, SIGINT or SIGHUP (a closed terminal, unless `endsOnHangup` is false): exit 0
 * when all closed in time, else 1. A second signal or an uncaught exception exits at once with 1, which is safe because
 * the engine survives a kill at any instant (invariant 4).
 */
export function createLifecycle({
  logger,
  deadlineMs,
  endsOnHangup = true,
  host = process,
}: LifecycleOptions): Lifecycle {
  const parts: Part[] = []
  let closing: Promise<boolean> | undefined
  let signalled = false

  const onSignal = (signal: unknown) => {
    if (signalled) {
      logger.warn('stopped by a second signal, without closing', { signal })
      host.exit(1)
      return
    }
    signalled = true
    logger.info('stopping', { signal })
    void end()
  }
  const onCrash = (error: unknown) => {
    logger.error('crashed', { error })
    host.exit(1)
  }

  const hangups = createHangups()
  for (const signal of ['SIGTERM', 'SIGINT']) host.on(signal, onSignal)
  host.on('SIGHUP', endsOnHangup ? onSignal : hangups.note)
  host.on('uncaughtException', onCrash)
  host.on('unhandledRejection', onCrash)

  function close(): Promise<boolean> {
    closing ??= closeInReverse(parts, deadlineMs, logger)
    return closing
  }
  async function end(): Promise<void> {
    host.exit((await close()) ? 0 : 1)
  }
  return { add: (part) => void parts.push(part), close, end, onHangup: hangups.listen }
}

/** Tells those who listen later of a SIGHUP as well: it may come during the start. */
function createHangups(): { note: () => void; listen: (listener: () => void) => void } {
  const listeners: (() => void)[] = []
  let isNoted = false
  return {
    note() {
      isNoted = true
      for (const listener of listeners) listener()
    },
    listen(added: () => void) {
      listeners.push(added)
      if (isNoted) added()
    },
  }
}

/** Takes from the end until none is left, so that a part added while closing is closed too. */
async function closeInReverse(parts: Part[], deadlineMs: number, logger: Logger): Promise<boolean> {
  const endsAtMs = performance.now() + deadlineMs
  let inOrder = await closeIntake(parts, deadlineMs, logger)
  for (let part = parts.pop(); part; part = parts.pop()) {
    if (!(await closeOne(part, endsAtMs - performance.now(), logger))) inOrder = false
  }
  logger.info(inOrder ? 'stopped' : 'stopped, but not everything could be closed')
  return inOrder
}

/** The share of the time that parts which take work may use. The rest is for the parts they depend on. */
const INTAKE_SHARE = 0.8

async function closeIntake(parts: Part[], deadlineMs: number, logger: Logger): Promise<boolean> {
  const intake = parts.filter(({ takesWork }) => takesWork)
  const rest = parts.filter(({ takesWork }) => !takesWork)
  parts.splice(0, parts.length, ...rest)
  const ends = await Promise.all(intake.map((part) => closeOne(part, deadlineMs * INTAKE_SHARE, logger)))
  return ends.every(Boolean)
}

async function closeOne(part: Part, leftMs: number, logger: Logger): Promise<boolean> {
  if (leftMs <= 0) {
    logger.error('not closed: the deadline had passed', { part: part.name })
    return false
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, leftMs, 'late')
  })
  try {
    const end = await Promise.race([part.close(leftMs), late])
    if (end === 'late') logger.error('did not close in time', { part: part.name })
    return end !== 'late'
  } catch (error) {
    logger.error('failed to close', { part: part.name, error })
    return false
  } finally {
    clearTimeout(timer)
  }
}
