import cluster from 'node:cluster'
import { openRpcChannel } from './rpcChannel.ts'
import type { Answers, RpcChannel } from './rpcChannel.ts'

/** This program, started once more as a process of its own. */
export interface ForkedWorker {
  /** Not given again. */
  id: number
  channel: RpcChannel
  /** Asks it to end in order. */
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
  // Where the processes race for connections instead, one of them gets most.
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
    // Also emitted for a message that could not be sent; then the end follows, or the asker hears of it.
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
