import type { CallResult, OperatorResult, Submission } from '../contract.ts'
import { describe } from './describe.ts'
import type { Exchange } from './exchange.ts'
import { readAnswers } from './readAnswers.ts'
import { readJson } from './readJson.ts'
import { readRetryAfter } from './retryAfter.ts'

/** These are about what was sent: the operator read the call and refuses it. */
const ABOUT_THE_CALL = new Set([400, 413, 422])

/** These are about the operator or a gateway in front of it; nothing in the call would change them. */
const ABOUT_THE_OPERATOR = new Set([502, 503, 504])

const MISSING: OperatorResult = { kind: 'unknown', reason: 'no readable answer for this message' }

/** What an exchange means for the batch that was sent in it, as docs/operator-protocol.md lists it. */
export function interpret(batch: Submission[], exchange: Exchange, nowMs: number = Date.now()): CallResult {
  const { sent, status, body, fault } = exchange
  if (status === undefined) return { kind: sent ? 'unknown' : 'unavailable', reason: fault ?? 'no answer' }
  if (status < 300) return readTaken(batch, status, body, fault)

  const reason = describe(`HTTP ${status}`, body && readReason(body))
  const retryAfterMs = readRetryAfter(exchange.retryAfter, nowMs)
  // Without the header a 503 says that the operator is out of service, with it that it wants fewer calls.
  if (status === 429 || (status === 503 && retryAfterMs !== null))
    return { kind: 'throttled', reason, retryAfterMs }
  // The status names no message, so it rejects none: another operator may take what this one refuses.
  if (ABOUT_THE_CALL.has(status)) return { kind: 'refused', reason, operatorFailed: false }
  if (ABOUT_THE_OPERATOR.has(status)) return { kind: 'unavailable', reason }
  if (status >= 500) return { kind: 'refused', reason, operatorFailed: true }
  // A conflict may mean that the operator already has a message under this reference.
  if (status === 409) return { kind: 'unknown', reason }
  // What is left is never a message's fault: credentials (401, 403), credit (402), address (404, 405, 410, redirects),
  // formats (406, 415), a request that did not arrive whole (408). The messages wait, and the breaker shows the fault.
  return { kind: 'unavailable', reason }
}

/** A 2xx says that the call was taken; what cannot be read of it may have been taken too. */
function readTaken(
  batch: Submission[],
  status: number,
  body: string | undefined,
  fault: string | undefined,
): CallResult {
  if (body === undefined) return { kind: 'unknown', reason: `HTTP ${status}, ${fault ?? 'incomplete'}` }
  const json = readJson(body)
  if (typeof json !== 'object' || json === null)
    return { kind: 'unknown', reason: `HTTP ${status}, unreadable` }
  const { results, unreadableIdentifiers } = readAnswers(batch, json)
  if (results.every((result) => !result))
    return { kind: 'unknown', reason: `HTTP ${status}, no answer to any message` }
  return { kind: 'answered', results: results.map((result) => result ?? MISSING), unreadableIdentifiers }
}

function readReason(body: string): unknown {
  const json = readJson(body)
  return typeof json === 'object' && json !== null && 'reason' in json ? json.reason : undefined
}
