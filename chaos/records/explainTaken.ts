import { SUBMISSIONS_MAX } from './rules.ts'
import type { RecordRule } from './rules.ts'
import type { ComparedRow } from './compareRecords.ts'

/** @param times how often operators took the recipient. */
export function explainTaken(row: ComparedRow, times: number): [RecordRule, string][] {
  if (times === 0) return []
  const { status, type, possibly_sent, possible_duplicate } = row
  const found: [RecordRule, string][] = []
  if (status === 'cancelled') found.push(['sent', 'was taken by an operator and is cancelled'])
  if (status === 'failed' && !possibly_sent)
    found.push(['sent', 'was taken by an operator, is failed and not marked as possibly sent'])
  if (times > 1 && !possible_duplicate)
    found.push(['duplicate', `was taken ${times} times and is not marked`])
  const most = SUBMISSIONS_MAX[type ?? 'normal']
  if (times > most) found.push(['repeated', `was taken ${times} times, and at most ${most} are allowed`])
  return found
}
