import type { SmsState } from '../../db/schema.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { OnUnknown } from '../../src/primitives/onUnknown.ts'
import { SUBMISSIONS_MAX } from './rules.ts'
import type { RecordRule } from './rules.ts'

export interface ComparedRow {
  id: Buffer
  recipient_no: number
  type: MessageClass | null
  status: SmsState
  possibly_sent: number
  possible_duplicate: number
  on_unknown: OnUnknown | null
}

/** @param times how often operators took the recipient. */
export function explainTaken(row: ComparedRow, times: number): [RecordRule, string][] {
  if (times === 0) return []
  const { status, type, possibly_sent, possible_duplicate, on_unknown } = row
  const found: [RecordRule, string][] = []
  if (status === 'cancelled') found.push(['sent', 'was taken by an operator and is cancelled'])
  if (status === 'failed' && !possibly_sent)
    found.push(['sent', 'was taken by an operator, is failed and not marked as possibly sent'])
  if (times > 1 && !possible_duplicate)
    found.push(['duplicate', `was taken ${times} times and is not marked`])
  if (times > 1 && on_unknown === 'hold')
    found.push(['held', `was taken ${times} times, and was never to be sent twice`])
  const most = SUBMISSIONS_MAX[type ?? 'normal']
  if (times > most) found.push(['repeated', `was taken ${times} times, and at most ${most} are allowed`])
  return found
}
