import cluster from 'node:cluster'
import { openRpcChannel } from './rpcChannel.ts'
import type { Answers, RpcChannel } from './rpcChannel.ts'

/** Whether this process was started by `openWorkers`. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** The parent process, as a worker sees it. */
export interface Supervisor extends RpcChannel {
  /** Reports this process as ready. The `readyMessage` of the first worker goes to the caller of `openWorkers`. */
  ready(readyMessage: unknown): Promise<void>
}

/**
 * Only in a worker: when the supervisor dies, its workers die immediately, because Node ends a worker whose channel
 * closes. The engine survives being killed.
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
