import type { CallResult } from '../contract.ts'
import { describe } from '../http/describe.ts'
import type { Exchange } from '../http/exchange.ts'
import { readIdentifier } from '../http/readIdentifier.ts'
import { readRetryAfter } from '../http/retryAfter.ts'
import type { AnswerConfig, Meaning } from './config.ts'
import type { Decide, Decision } from './decide.ts'

export interface Interpreter {
  decide: Decide
  /** What HTTP statuses from 300 on mean where the body decides nothing. */
  meaningOfStatus: ReadonlyMap<number, Exclude<Meaning, 'accepted'>>
}

export function meaningsByStatus(statuses: AnswerConfig['statuses']): Interpreter['meaningOfStatus'] {
  return new Map(
    Object.entries(statuses).flatMap(([meaning, all]) =>
      all.map((status) => [status, meaning as Exclude<Meaning, 'accepted'>] as const),
    ),
  )
}

/**
 * What an exchange of one message means; accepted takes both a status of 2xx and a rule that reads the answer. What no
 * rule reads is unknown, because the message may have been taken (invariant 4).
 */
export function interpretAnswer(
  { decide, meaningOfStatus }: Interpreter,
  exchange: Exchange,
  nowMs: number = Date.now(),
): CallResult {
  const { sent, status, body, fault } = exchange
  if (status === undefined) return { kind: sent ? 'unknown' : 'unavailable', reason: fault ?? 'no answer' }
  const retryAfterMs = readRetryAfter(exchange.retryAfter, nowMs)
  const decision = body === undefined ? undefined : decide(body)
  const isTaken = status < 300
  if (decision && (isTaken || decision.meaning !== 'accepted'))
    return resultOf(decision, describe(`HTTP ${status}`, decision.reason), retryAfterMs)
  if (isTaken) return { kind: 'unknown', reason: `HTTP ${status}, ${fault ?? 'no rule reads the answer'}` }
  const meaning = meaningOfStatus.get(status) ?? usualMeaning(status, retryAfterMs !== null)
  const reason = `HTTP ${status}`
  if (meaning === 'refused') return { kind: 'refused', reason, operatorFailed: false }
  return resultOf({ meaning, identifier: undefined }, reason, retryAfterMs)
}

/**
 * An answer about the message alone is a result for it; one about the operator is a result of the call, which the
 * breaker counts.
 */
function resultOf(
  { meaning, identifier, partIdentifiers }: Omit<Decision, 'reason'>,
  reason: string,
  retryAfterMs: number | null,
): CallResult {
  switch (meaning) {
    case 'accepted': {
      const [first = readIdentifier(identifier), ...others] = (partIdentifiers ?? []).map(readIdentifier)
      const parts = [first, ...others]
      const partIds = partIdentifiers && { partIds: parts.map(({ value }) => value) }
      const result = { kind: meaning, operatorMessageId: first.value, ...partIds }
      const isReadable = parts.every(({ readable }) => readable)
      return { kind: 'answered', results: [result], unreadableIdentifiers: isReadable ? 0 : 1 }
    }
    case 'rejected':
    case 'refused':
      return { kind: 'answered', results: [{ kind: meaning, reason }] }
    case 'postponed':
      return { kind: 'answered', results: [{ kind: 'unavailable', reason }] }
    case 'throttled':
      return { kind: meaning, reason, retryAfterMs }
    case 'unavailable':
    case 'unknown':
      return { kind: meaning, reason }
  }
}

/** These are about what was sent: the operator read the call and refuses it. */
const ABOUT_THE_CALL = new Set([400, 413, 422])

/**
 * Without a rule of the operator's own. After a 5xx a gateway may have taken the message all the same, unless it says
 * that it is out of service.
 */
function usualMeaning(status: number, asksToWait: boolean): Exclude<Meaning, 'accepted'> {
  if (status === 429 || (status === 503 && asksToWait)) return 'throttled'
  if (ABOUT_THE_CALL.has(status)) return 'refused'
  if (status === 409 || (status >= 500 && status !== 503)) return 'unknown'
  // Credentials, credit, address, a redirect, which is not followed: never a message's fault, and nothing was taken.
  return 'unavailable'
}
