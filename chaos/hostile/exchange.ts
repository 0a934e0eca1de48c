import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { openAnswerReader } from './answers.ts'
import type { Answer } from './answers.ts'
import type { Plan } from './plan.ts'

export interface Outcome {
  answers: Answer[]
  /** Why it ended: all requests answered, closed by the server, left by the client as planned, or timed out. */
  end: 'answered' | 'closed' | 'left' | 'hung' | 'not connected'
  /** Received bytes that are not HTTP. */
  fault?: string
  durationMs: number
}

/** After this time without an answer to an unfinished request, the client closes its side. */
const PATIENCE_MS = 150
/** How long a client that stopped reading keeps the connection. */
const STAY_MS = 1_000
/** How long to wait for a surplus answer after the last expected one. */
const EXTRA_MS = 40

/** Runs a plan on a new connection and waits for the end of the connection. */
export function exchange({ host, port }: { host: string; port: number }, plan: Plan): Promise<Outcome> {
  return new Promise((resolve) => {
    const startMs = performance.now()
    const answers: Answer[] = []
    const reader = openAnswerReader((index) => plan.messages[index]?.isHead ?? false)
    const socket = connect({ host, port, allowHalfOpen: true })
    const timers = openTimers()
    let fault: string | undefined
    let isConnected = false

    const finish = (end: Outcome['end']) => {
      timers.clear()
      socket.destroy()
      const durationMs = performance.now() - startMs
      resolve({ answers, end, durationMs, ...(fault === undefined ? {} : { fault }) })
    }
    socket.setNoDelay(true)
    socket.on('connect', () => {
      isConnected = true
      timers.after(plan.boundMs, () => finish('hung'))
      act(socket, plan, timers, finish)
    })
    socket.on('data', (bytes: Buffer) => {
      if (plan.then === 'leave at answer') return finish('left')
      try {
        answers.push(...reader.take(bytes.toString('latin1')))
      } catch (error) {
        fault = (error as Error).message
        return finish('closed')
      }
      if (isAnswered(plan, answers))
        timers.after(plan.messages.length > 1 ? 0 : EXTRA_MS, () => finish('answered'))
    })
    socket.on('end', () => finish('closed'))
    socket.on('error', () => {})
    socket.on('close', () => finish(isConnected ? 'closed' : 'not connected'))
  })
}

function isAnswered({ messages }: Plan, answers: Answer[]): boolean {
  return answers.length >= Math.max(1, messages.length) || answers.at(-1)?.closes === true
}

function act(socket: Socket, plan: Plan, timers: Timers, finish: (end: Outcome['end']) => void): void {
  socket.write(plan.bytes)
  const { drip } = plan
  if (drip) {
    let at = 0
    timers.every(drip.everyMs, () => {
      if (socket.writable && at < drip.bytes.length) socket.write(drip.bytes.subarray(at, ++at))
    })
  }
  switch (plan.then) {
    case 'wait':
    case 'leave at answer':
      return
    case 'end':
      timers.after(PATIENCE_MS, () => socket.end())
      return
    case 'leave':
      // In the next turn of the event loop, so that some of it was sent.
      setImmediate(() => {
        socket.resetAndDestroy()
        finish('left')
      })
      return
    case 'stop reading':
      socket.pause()
      timers.after(STAY_MS, () => finish('left'))
  }
}

interface Timers {
  after(delayMs: number, act: () => void): void
  every(delayMs: number, act: () => void): void
  clear(): void
}

function openTimers(): Timers {
  const timers: NodeJS.Timeout[] = []
  return {
    after: (delayMs, act) => void timers.push(setTimeout(act, delayMs)),
    every: (delayMs, act) => void timers.push(setInterval(act, delayMs)),
    clear: () => timers.forEach((timer) => clearTimeout(timer)),
  }
}
