import type { OperatorResult, Submission } from '../contract.ts'
import { answerSchema } from './protocol.ts'
import { readIdentifier } from './readIdentifier.ts'
import { describe } from './describe.ts'

export interface Answers {
  /** By position; undefined where the answer says nothing readable of the message. */
  results: (OperatorResult | undefined)[]
  /** Messages that were accepted under an identifier that no receipt will be found by. */
  unreadableIdentifiers: number
}

interface Known {
  result: OperatorResult
  identifierReadable: boolean
}

const CONTRADICTORY: OperatorResult = { kind: 'unknown', reason: 'contradictory answers for this message' }

/**
 * Finds each message's answer by its reference, in any case; an object is read as an array of one. The order of answers
 * means nothing, and answers to what was not asked are ignored.
 */
export function readAnswers(batch: Submission[], json: unknown): Answers {
  const asked = new Set(batch.map(({ reference }) => reference.toLowerCase()))
  const known = new Map<string, Known>()
  for (const element of Array.isArray(json) ? (json as unknown[]) : [json]) {
    const { success, data } = answerSchema.safeParse(element)
    if (!success) continue
    const reference = data.reference.toLowerCase()
    if (asked.has(reference)) known.set(reference, merge(known.get(reference), read(data)))
  }
  const answers = batch.map(({ reference }) => known.get(reference.toLowerCase()))
  return {
    results: answers.map((answer) => answer?.result),
    unreadableIdentifiers: answers.filter((answer) => answer && !answer.identifierReadable).length,
  }
}

function read(answer: {
  status: Exclude<OperatorResult['kind'], 'refused' | 'unknown'>
  message_id?: unknown
  reason?: unknown
}): Known {
  const { status } = answer
  if (status === 'accepted') {
    const { value, readable } = readIdentifier(answer.message_id)
    return { result: { kind: status, operatorMessageId: value }, identifierReadable: readable }
  }
  const reason = describe(status, answer.reason)
  const result =
    status === 'throttled' ? { kind: status, reason, retryAfterMs: null } : { kind: status, reason }
  return { result, identifierReadable: true }
}

/** Equal results for one message are one result; the first counts. */
function merge(before: Known | undefined, next: Known): Known {
  if (!before || before.result.kind === next.result.kind) return before ?? next
  return { result: CONTRADICTORY, identifierReadable: true }
}
