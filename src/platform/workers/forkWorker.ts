import cluster from 'node:cluster'
import { openRpcChannel } from './rpcChannel.ts'
import type { Answers, RpcChannel } from './rpcChannel.ts'

/** A further process of this program. */
export interface ForkedWorker {
  /** Never reused. */
  id: number
  channel: RpcChannel
  /** Asks the process to stop in order. */
  stop: () => void
  kill: () => void
  /** Never rejects. */
  ended: Promise<WorkerEnd>
}

export interface WorkerEnd {
  inOrder: boolean
  /** For the log. */
  description: string
}

export function forkWorker(answers: Answers, onReady: (readyMessage: unknown) => void): ForkedWorker {
  // Otherwise the processes race for connections, and one of them gets most.
  cluster.schedulingPolicy = cluster.SCHED_RR
  const worker = cluster.fork()
  const { pid } = worker.process
  const channel = openRpcChannel(
    {
      send: (message, done) => worker.send(message as object, done),
      on: (event, listener) => worker.on(event, listener),
    },
    { ...answers, ready: onReady },
  )
  const ended = new Promise<WorkerEnd>((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => {
      const how = signal ? `by ${signal}` : `with exit code ${code}`
      resolve({ inOrder: code === 0, description: `process ${pid} ended ${how}` })
    })
    // Also emitted for a message that could not be sent. Then the process exits, or the caller gets the error.
    worker.on('error', (error) => {
      if (pid === undefined) resolve({ inOrder: false, description: `no process: ${error.message}` })
    })
  })
  return {
    id: worker.id,
    channel,
    stop: () => void channel.ask('stop').catch(() => {}),
    kill: () => void worker.process.kill('SIGKILL'),
    ended,
  }
}
