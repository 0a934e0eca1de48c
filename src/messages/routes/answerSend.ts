import type { Response } from 'express'
import { answerReplay } from '../../idempotency/index.ts'
import type { AnswerOf } from '../../idempotency/index.ts'
import { rateLimitFields } from '../../limits/index.ts'
import { answerText, JSON_TYPE, note } from '../../platform/http/index.ts'
import type { Accepted, Decision } from '../types.ts'
import { refuseSend } from './refuseSend.ts'

/**
 * Answers a request as it was decided, a repeat with its first answer byte for byte.
 * @throws Problem or Unavailable when it was refused, or when that is not known.
 */
export function answerSend(
  response: Response,
  decision: Decision,
  { answerOf, isKeyed }: { answerOf: AnswerOf<Accepted>; isKeyed: boolean },
): void {
  if (decision.kind === 'replayed') {
    note(response, { sms_identifier: decision.answer.identifier, replayed: true })
    answerReplay(response, decision.answer)
    return
  }
  if (decision.kind !== 'accepted') throw refuseSend(decision, { isKeyed })
  note(response, { sms_identifier: decision.smsIdentifier, recipients: decision.recipients })
  const { status, body } = answerOf(decision)
  const headers = rateLimitFields(decision.partsLeft ? [decision.partsLeft] : [])
  answerText(response, { status, type: JSON_TYPE, headers }, JSON.stringify(body))
}
