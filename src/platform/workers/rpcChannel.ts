import { withTimeout } from '../withTimeout.ts'

/** One end of the channel that Node opens between a process and its child. */
export interface RpcTransport {
  send(message: unknown, done: (error: Error | null) => void): unknown
  on(event: 'message' | 'disconnect', listener: (message?: unknown) => void): unknown
}

/**
 * The questions of one side to the other, by name. Messages are not validated, because both sides are the same program.
 */
export type Answers = Record<string, (argument: unknown) => unknown>

/** Questions and answers between two processes of one program. */
export interface RpcChannel {
  /** Rejects with the fault of the other side, and when it has exited or takes too long. */
  ask: (question: string, argument?: unknown, timeoutMs?: number) => Promise<unknown>
}

/** Most questions are answered from memory. A process with a hung event loop must not block the others. */
const ASK_TIMEOUT_MS = 2_000

type Message =
  | { chapar: 'question'; id: number; question: string; argument: unknown }
  | { chapar: 'answer'; id: number; value?: unknown; fault?: { message: string; code?: unknown } }

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

export function openRpcChannel(end: RpcTransport, answers: Answers): RpcChannel {
  const waiting = new Map<number, Waiting>()
  let lastId = 0

  end.on('message', (message) => {
    if (!isOurs(message)) return
    if (message.chapar === 'question') void reply(end, answers, message)
    else settle(waiting.get(message.id), message)
  })
  end.on('disconnect', () => {
    for (const { reject } of waiting.values()) reject(new Error('the other process has ended'))
  })

  return {
    async ask(question, argument, timeoutMs = ASK_TIMEOUT_MS) {
      const id = ++lastId
      const answered = new Promise<unknown>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        const message: Message = { chapar: 'question', id, question, argument }
        // With a callback, a closed channel fails this question instead of emitting an error that ends the process.
        end.send(message, (error) => error && reject(error))
      })
      try {
        return await withTimeout(timeoutMs, question, answered)
      } finally {
        waiting.delete(id)
      }
    },
  }
}

function isOurs(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'chapar' in message
}

async function reply(
  end: RpcTransport,
  answers: Answers,
  { id, question, argument }: Extract<Message, { chapar: 'question' }>,
): Promise<void> {
  const message: Message = { chapar: 'answer', id }
  try {
    const answer = answers[question]
    if (!answer) throw new Error(`unknown question ${question}`)
    message.value = await answer(argument)
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown }
    message.fault = { message: error instanceof Error ? error.message : String(error), code }
  }
  // The asking process may have exited.
  end.send(message, () => {})
}

function settle(asker: Waiting | undefined, { value, fault }: Extract<Message, { chapar: 'answer' }>): void {
  if (fault) asker?.reject(Object.assign(new Error(fault.message), { code: fault.code }))
  else asker?.resolve(value)
}
