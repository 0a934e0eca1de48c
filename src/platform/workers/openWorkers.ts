import { startLoop } from '../loop.ts'
import type { Loop, RunOnce } from '../loop.ts'
import { StartupFault } from '../startupFault.ts'
import type { Logger } from '../telemetry/index.ts'
import { forkWorker } from './forkWorker.ts'
import type { ForkedWorker, WorkerEnd } from './forkWorker.ts'
import type { Answers, RpcChannel } from './rpcChannel.ts'

/**
 * Several processes of this program that serve one port. Node's cluster module distributes the connections round-robin.
 */
export interface Workers {
  /** The channels of the ready workers, by a number that is never reused. */
  channels: ReadonlyMap<number, RpcChannel>
  /**
   * Starts this program again, `count` times, and keeps that many running: one that ends is replaced. The first must be
   * ready before the others start, so that a fault common to all is reported once.
   * @returns the first worker's ready message when all are ready. May never settle when they are closed during the
   * start.
   * @throws StartupFault when one exits before it was ready; the others run until they are closed.
   */
  start(): Promise<unknown>
  /**
   * Asks all workers to stop and resolves when they have exited. Kills the remaining ones at `deadlineMs`, and rejects
   * when one did not exit in order.
   */
  close(deadlineMs: number): Promise<void>
}

export interface WorkersOptions {
  count: number
  logger: Logger
  /** The questions that the workers may ask. */
  answers: Answers
  /** A ready worker has exited; its number is never reused. */
  onEnd: (id: number) => void
}

/** A worker that lived longer is replaced immediately; others are replaced with back-off. */
const STARTED_WELL_MS = 60_000

export function openWorkers({ count, logger, answers, onEnd }: WorkersOptions): Workers {
  const channels = new Map<number, RpcChannel>()
  const running = new Set<ForkedWorker>()
  const loops: Loop[] = []
  let isClosing = false
  let disordered = 0

  async function runOne(stopping: AbortSignal, onReady: (readyMessage: unknown) => void): Promise<WorkerEnd> {
    const worker = forkWorker(answers, (readyMessage) => {
      channels.set(worker.id, worker.channel)
      onReady(readyMessage)
    })
    running.add(worker)
    stopping.addEventListener('abort', worker.stop, { once: true })
    const end = await worker.ended
    stopping.removeEventListener('abort', worker.stop)
    running.delete(worker)
    if (channels.delete(worker.id)) onEnd(worker.id)
    return end
  }

  /** Resolves with the worker's ready message. */
  function keepOne(): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const report = (error: unknown, retryInMs: number) =>
      logger.error('API process ended', { reason: reasonOf(error), retry_in_ms: retryInMs })
    const runOnce: RunOnce = async (stopping) => {
      const startedAtMs = performance.now()
      const { inOrder, description } = await runOne(stopping, resolve)
      if (stopping.aborted) {
        if (!inOrder) disordered++
        return 'idle'
      }
      const error = new Error(description)
      reject(error)
      if (performance.now() - startedAtMs < STARTED_WELL_MS) throw error
      report(error, 0)
      return 'worked'
    }
    loops.push(startLoop({ runOnce, idleMs: 0, onError: report }))
    return promise
  }

  return {
    channels,
    async start() {
      try {
        const readyMessage = await keepOne()
        if (!isClosing) await Promise.all(Array.from({ length: count - 1 }, keepOne))
        return readyMessage
      } catch (error) {
        throw new StartupFault('an API process did not start; the reason is above', { cause: error })
      }
    },
    async close(deadlineMs) {
      isClosing = true
      const timer = setTimeout(() => running.forEach((worker) => worker.kill()), deadlineMs)
      await Promise.all(loops.map((loop) => loop.close()))
      clearTimeout(timer)
      if (disordered > 0) throw new Error(`${disordered} of ${count} processes did not stop cleanly`)
    },
  }
}

/** Without its stack, which belongs to this process. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
