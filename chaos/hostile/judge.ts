import type { Answer } from './answers.ts'
import type { Book } from './book.ts'
import type { Outcome } from './exchange.ts'
import type { Message, Plan } from './plan.ts'

/**
 * Checks the answers of one exchange and records their effects on balances.
 * @returns a sentence for each fault.
 */
export function judge(plan: Plan, { answers, end, fault }: Outcome, book: Book): string[] {
  const faults = answers.flatMap((answer, index) => judgeAnswer(answer, plan.messages[index], book))
  if (fault !== undefined) faults.push(fault)
  if (end === 'hung') faults.push(`neither answered nor closed within ${plan.boundMs} ms`)
  if (end === 'not connected') faults.push('could not connect')
  // The server announced that it reads no further, so it must not process later requests.
  if (!answers.at(-1)?.closes) {
    for (const { effect } of plan.messages.slice(answers.length)) if (effect) book.lose(effect)
  }
  return faults
}

function judgeAnswer(answer: Answer, message: Message | undefined, book: Book): string[] {
  const { status } = answer
  if (status >= 400) return judgeRefusal(answer, message, book)
  if (status === 200) {
    if (message?.effect && isReceipt(answer))
      return [book.confirm(message.effect, answer)].filter((each) => each !== undefined)
    if (message?.isRead && !isReceipt(answer)) return []
    return [`answered with 200 what should not have been: ${answer.body.slice(0, 100)}`]
  }
  return []
}

function judgeRefusal(answer: Answer, message: Message | undefined, book: Book): string[] {
  const { status, headers } = answer
  if (isReadiness(answer)) return []
  if (!headers.get('content-type')?.startsWith('application/problem+json')) {
    return [`an answer ${status} that is no problem document`]
  }
  if (message?.isHead) return status >= 500 && status !== 503 ? [`an answer ${status}`] : []
  const { code, status: said } = readProblem(answer)
  if (typeof code !== 'string' || said !== status)
    return [`an answer ${status} whose problem document is none`]
  if (status === 503 && code === 'outcome_unknown') {
    if (message?.effect) book.lose(message.effect)
    return []
  }
  if (status === 503 && headers.has('retry-after')) return []
  return status >= 500 ? [`an answer ${status} (${code}) that is not expected`] : []
}

/** Whether the answer is a receipt, which means that money moved. */
function isReceipt({ body }: Answer): boolean {
  return /^\{"(sms_identifier|user_id)":[^[]*"(cost|transaction_id)":/.test(body)
}

/** /readyz has a separate document for 503. */
function isReadiness({ status, body }: Answer): boolean {
  return status === 503 && body.startsWith('{"status":"not_ready"')
}

function readProblem({ body }: Answer): { code?: unknown; status?: unknown } {
  try {
    return JSON.parse(body) as { code?: unknown; status?: unknown }
  } catch {
    return {}
  }
}
