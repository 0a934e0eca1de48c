import cluster from 'node:cluster'
import { openLine } from './line.ts'
import type { Answers, Line } from './line.ts'

/** Whether this process was started by `openWorkers`. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** The process that started this one, as this one sees it. */
export interface Supervisor extends Line {
  /** Counts this process among those that serve. `said` is what the first of them says of itself. */
  ready(said: unknown): Promise<void>
}

/**
 * Only in a worker. A supervisor that dies takes its workers along, at once: node ends a worker whose channel closes,
 * and the engine survives being killed.
 */
export function openSupervisor(answers: Answers & { stop: () => void }): Supervisor {
  const line = openLine(
    {
      send: (message, done) => process.send?.(message, undefined, undefined, done),
      on: (event, listener) => process.on(event, listener),
    },
    answers,
  )
  return { ask: line.ask, ready: async (said) => void (await line.ask('ready', said)) }
}
