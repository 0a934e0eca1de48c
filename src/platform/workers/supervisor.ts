import cluster from 'node:cluster'
import { openRpcChannel } from './rpcChannel.ts'
import type { Answers, RpcChannel } from './rpcChannel.ts'

/** Whether this process was started by `openWorkers`. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** The process that started this one, as this one sees it. */
export interface Supervisor extends RpcChannel {
  /** Counts this process among those that serve. `readyMessage` is what the first of them reports of itself. */
  ready(readyMessage: unknown): Promise<void>
}

/**
 * Only in a worker. A supervisor that dies takes its workers along, at once: node ends a worker whose channel closes,
 * and the engine survives being killed.
 */
export function openSupervisor(answers: Answers & { stop: () => void }): Supervisor {
  const channel = openRpcChannel(
    {
      send: (message, done) => process.send?.(message, undefined, undefined, done),
      on: (event, listener) => process.on(event, listener),
    },
    answers,
  )
  return { ask: channel.ask, ready: async (readyMessage) => void (await channel.ask('ready', readyMessage)) }
}
