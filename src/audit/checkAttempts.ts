import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { subjectOf } from './explainMessages.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'delivery_attempts', column: 'sms_identifier' } as const

interface Row {
  id: Buffer
  recipient_no: number
  attempt: number
  attempts: number | null
  status: SmsState | null
}

/** Checks that each stored attempt is one of its recipient's, and that what an operator accepted did not fail for it. */
export const attemptScan: Scan = {
  ...{ name: 'attempts', table: 'delivery_attempts', readPage, isOfMessages: true as const },
  lastKey: lastKeyOf(KEY),
}

async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, bounds, rowsMax)
  const rows = await query(
    db,
    'audit.attempts',
    sql<Row>`
      SELECT a.sms_identifier AS id, a.recipient_no, a.attempt, s.attempts, s.status
      FROM delivery_attempts a FORCE INDEX (PRIMARY)
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = a.sms_identifier
          AND s.recipient_no = a.recipient_no
      WHERE ${within('a.sms_identifier', span)} AND (s.attempts IS NULL OR a.attempt NOT BETWEEN 1 AND s.attempts
        OR (a.result = 'accepted' AND s.status IN ('failed', 'cancelled') AND NOT s.possibly_sent))`,
  )
  const [count] = await query(
    db,
    'audit.attempts_count',
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM delivery_attempts FORCE INDEX (PRIMARY)
      WHERE ${within('sms_identifier', span)}`,
  )
  return { rows: Number(count?.n), violations: rows.map(explain), end: endOf(span) }
}

function explain({ id, recipient_no, attempt, attempts, status }: Row): Violation {
  const subject = subjectOf(id, recipient_no)
  if (attempts === null) return { rule: 'history', subject, explanation: 'was attempted and does not exist' }
  if (attempt < 1 || attempt > attempts)
    return { rule: 'history', subject, explanation: `has an attempt ${attempt} of ${attempts}` }
  return { rule: 'history', subject, explanation: `is ${status}, and an operator accepted it` }
}
