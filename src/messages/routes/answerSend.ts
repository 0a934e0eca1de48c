import type { Response } from 'express'
import { rateLimitFields } from '../../limits/index.ts'
import { answerText, JSON_TYPE, note } from '../../platform/http/index.ts'
import type { Decision } from '../types.ts'
import type { AnswerOf } from './keyed.ts'
import { refuseSend } from './refuseSend.ts'

/**
 * Answers a request as it was decided, a repeat with its first answer byte for byte.
 * @throws Problem or Unavailable when it was refused, or when that is not known.
 */
export function answerSend(
  response: Response,
  decision: Decision,
  { answerOf, isKeyed }: { answerOf: AnswerOf; isKeyed: boolean },
): void {
  if (decision.kind === 'replayed') {
    const { identifier, status, body } = decision.answer
    note(response, { sms_identifier: identifier, replayed: true })
    const headers = { 'Idempotent-Replayed': 'true' }
    answerText(response, { status, type: JSON_TYPE, headers }, body.toString())
    return
  }
  if (decision.kind !== 'accepted') throw refuseSend(decision, { isKeyed })
  note(response, { sms_identifier: decision.smsIdentifier, recipients: decision.recipients })
  const { status, body } = answerOf(decision)
  const headers = rateLimitFields(decision.partsLeft ? [decision.partsLeft] : [])
  answerText(response, { status, type: JSON_TYPE, headers }, JSON.stringify(body))
}
