import type { Response } from 'express'
import { answerReplay } from '../idempotency/index.ts'
import type { AnswerOf } from '../idempotency/index.ts'
import { answerJson, note } from '../platform/http/index.ts'
import { refuseTopUp } from './refuseTopUp.ts'
import type { Added, TopUpDecision } from './types.ts'

/**
 * Answers a top-up as it was decided, a repeat with its first answer byte for byte.
 * @throws Problem or Unavailable when it was refused, or when that is not known.
 */
export function answerTopUp(
  response: Response,
  decision: TopUpDecision,
  { answerOf, isKeyed }: { answerOf: AnswerOf<Added>; isKeyed: boolean },
): void {
  if (decision.kind === 'replayed') {
    note(response, { transaction_id: decision.answer.identifier, replayed: true })
    answerReplay(response, decision.answer)
    return
  }
  if (decision.kind !== 'added') throw refuseTopUp(decision, { isKeyed })
  note(response, { transaction_id: decision.transactionId })
  const { status, body } = answerOf(decision)
  answerJson(response, body, status)
}
