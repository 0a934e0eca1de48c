import type { CallResult, OperatorResult, Submission } from '../contract.ts'
import type { Exchange } from './exchange.ts'
import { answerSchema, refusalSchema } from './protocol.ts'
import type { Answer } from './protocol.ts'

/** These speak of what was sent: the operator read the call and will not have it. */
const ABOUT_THE_CALL = new Set([400, 413, 422])

/** These speak of the operator or of what stands before it; nothing in the call would change them. */
const ABOUT_THE_OPERATOR = new Set([429, 502, 503, 504])

/** A reason is stored with the message and shown to people; an operator may not fill the table with it. */
const REASON_LENGTH_MAX = 200

/** What an exchange means for the batch that was sent in it. The table is docs/operator-protocol.md's. */
export function interpret(batch: Submission[], exchange: Exchange): CallResult {
  const { sent, status, body, fault } = exchange
  if (status === undefined) {
    return { kind: sent ? 'unknown' : 'unavailable', reason: fault ?? 'no answer' }
  }
  if (status < 300) return readAnswers(batch, status, body, fault)

  const reason = tidy(`HTTP ${status}`, body && readReason(body))
  if (ABOUT_THE_CALL.has(status)) {
    return { kind: 'refused', reason, operatorFailed: false }
  }
  if (ABOUT_THE_OPERATOR.has(status)) return { kind: 'unavailable', reason }
  if (status >= 500) {
    return { kind: 'refused', reason, operatorFailed: true }
  }
  // A conflict may mean that the operator already has a message under this reference.
  if (status === 409) return { kind: 'unknown', reason }
  // What is left is between the operator and us, never a message's fault: our credentials (401, 403), our credit
  // (402), our address of it (404, 405, 410, redirects), our formats (406, 415), a request it did not get whole (408).
  // Rejecting would refund good messages for a mistake in a setting, so they wait, and the breaker makes it seen.
  return { kind: 'unavailable', reason }
}

/** A 2xx says that the call was taken; what cannot be read of it may have been taken too. */
function readAnswers(
  batch: Submission[],
  status: number,
  body: string | undefined,
  fault: string | undefined,
): CallResult {
  const unreadable = (why: string): CallResult => {
    return { kind: 'unknown', reason: `HTTP ${status}, ${why}` }
  }
  if (body === undefined) return unreadable(fault ?? 'incomplete')
  const json = parse(body)
  const elements: unknown = batch.length === 1 ? [json] : json
  if (!Array.isArray(elements)) return unreadable('unreadable')

  const answers = matchByReference(batch, elements)
  if (answers.size === 0) return unreadable('no answer to any message')
  const outcomes = batch.map(({ reference }) => answers.get(reference) ?? MISSING)
  return { kind: 'answered', results: outcomes }
}

const MISSING: OperatorResult = { kind: 'unknown', reason: 'no readable answer for this message' }
const CONTRADICTORY: OperatorResult = { kind: 'unknown', reason: 'more than one answer for this message' }

/** The order of answers means nothing, and answers for what was not asked are passed over unread. */
function matchByReference(batch: Submission[], elements: unknown[]): Map<string, OperatorResult> {
  const asked = new Set<unknown>(batch.map(({ reference }) => reference))
  const outcomes = new Map<string, OperatorResult>()
  for (const element of elements) {
    if (typeof element !== 'object' || element === null) continue
    if (!('reference' in element) || !asked.has(element.reference)) continue
    const { success, data } = answerSchema.safeParse(element)
    if (!success) continue
    outcomes.set(data.reference, outcomes.has(data.reference) ? CONTRADICTORY : outcomeOf(data))
  }
  return outcomes
}

function outcomeOf(answer: Answer): OperatorResult {
  if (answer.status === 'accepted') return { kind: 'accepted', operatorMessageId: answer.message_id }
  return { kind: answer.status, reason: tidy(answer.status, answer.reason) }
}

function readReason(body: string): string | undefined {
  return refusalSchema.safeParse(parse(body)).data?.reason
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** An operator's words in a form that every column and log takes: short, well-formed, one line. */
function tidy(what: string, words: string | null | undefined): string {
  if (!words) return what
  const line = words.slice(0, REASON_LENGTH_MAX).replace(/\p{Cc}+/gu, ' ')
  return `${what}: ${line.toWellFormed()}`
}
