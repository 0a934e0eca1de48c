import type { Response } from 'express'
import { answerText, JSON_TYPE } from '../platform/http/index.ts'
import type { FirstAnswer } from './keptAnswer.ts'

/** Answers a repeat with the first answer, byte for byte. */
export function answerReplay(response: Response, { status, body }: FirstAnswer): void {
  const headers = { 'Idempotent-Replayed': 'true' }
  answerText(response, { status, type: JSON_TYPE, headers }, body.toString())
}
