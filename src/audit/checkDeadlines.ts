import { sql } from 'kysely'
import type { MissCause, SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { subjectOf } from './explainMessages.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan, Span } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'deadline_misses', column: 'sms_identifier' } as const
/** The relay gives back within seconds; it may be down, and a balance locked. */
const COMPENSATED_WITHIN_MINUTES = 10

/** When the recipient ended, as the miss has to have it: what was handed over late, or failed late. */
const ENDED_AT = sql<Date>`CASE s.status WHEN 'done' THEN s.handed_over_at WHEN 'failed' THEN s.updated_at END`

/** @returns recipients of the span that ended after their guarantees, and have no miss. */
export async function findUnrecorded(db: Db, span: Span): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.deadlines_unrecorded',
    sql<{ id: Buffer; recipient_no: number; late_ms: number | string }>`
      SELECT s.sms_identifier AS id, s.recipient_no,
             TIMESTAMPDIFF(MICROSECOND, r.guaranteed_by, ${ENDED_AT}) DIV 1000 AS late_ms
      FROM sms_requests r FORCE INDEX (PRIMARY)
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = r.sms_identifier
        LEFT JOIN deadline_misses m FORCE INDEX (PRIMARY) ON m.sms_identifier = s.sms_identifier
          AND m.recipient_no = s.recipient_no
      WHERE ${within('r.sms_identifier', span)} AND r.guaranteed_by IS NOT NULL
        AND ${ENDED_AT} > r.guaranteed_by AND m.sms_identifier IS NULL`,
  )
  return [
    ...rows.map(({ id, recipient_no, late_ms }) => ({
      ...{ rule: 'deadline' as const, subject: subjectOf(id, recipient_no) },
      explanation: `ended ${late_ms} ms after its guarantee, and no miss is recorded`,
    })),
    ...(await findWithoutMiss(db, span)),
  ]
}

/** @returns recipients of the span whose price was given back as for a miss, and that have none. */
async function findWithoutMiss(db: Db, span: Span): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.deadlines_without_miss',
    sql<{ id: Buffer; recipient_no: number }>`
      SELECT t.transaction_id AS id, t.recipient_no
      FROM user_transactions t FORCE INDEX (PRIMARY)
        LEFT JOIN deadline_misses m FORCE INDEX (PRIMARY) ON m.sms_identifier = t.transaction_id
          AND m.recipient_no = t.recipient_no
      WHERE ${within('t.transaction_id', span)} AND t.transaction_type = 'compensation' AND m.sms_identifier IS NULL`,
  )
  return rows.map(({ id, recipient_no }) => ({
    ...{ rule: 'deadline' as const, subject: subjectOf(id, recipient_no) },
    explanation: 'was compensated, and no miss is recorded',
  }))
}

interface Row {
  id: Buffer
  recipient_no: number
  cause: MissCause
  status: SmsState | null
  is_wrong: number
  is_compensable: number
  is_due: number
  is_overdue: number
  is_compensated: number
  compensation: number
  entry: number | null
  /** Of the price, what was not given back. */
  left_over: number
}

/** Checks that each miss is one, and that its compensation is what its tariff and the ledger say. */
export const deadlineScan: Scan = {
  ...{ name: 'deadlines', table: 'deadline_misses', readPage, isOfMessages: true as const },
  lastKey: lastKeyOf(KEY),
}

async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, bounds, rowsMax)
  const rows = await query(
    db,
    'audit.deadlines',
    sql<Row>`
      SELECT m.sms_identifier AS id, m.recipient_no, m.cause, s.status, m.due_at IS NOT NULL AS is_due,
             m.compensated_at IS NOT NULL AS is_compensated, m.compensation, t.amount AS entry,
             m.due_at < NOW(3) - INTERVAL ${sql.lit(COMPENSATED_WITHIN_MINUTES)} MINUTE AS is_overdue,
             COALESCE(s.status <> IF(m.cause = 'late', 'done', 'failed') OR m.guaranteed_by <> r.guaranteed_by
               OR m.ended_at <> ${ENDED_AT} OR m.ended_at <= m.guaranteed_by OR m.user_id <> s.user_id, TRUE) AS is_wrong,
             COALESCE(s.price - s.returned, 0) AS left_over,
             COALESCE(f.refund_missed AND m.cause = 'late' AND s.price > 0, FALSE) AS is_compensable
      FROM deadline_misses m FORCE INDEX (PRIMARY)
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = m.sms_identifier
          AND s.recipient_no = m.recipient_no
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = m.sms_identifier
        LEFT JOIN tariffs f ON f.id = s.tariff_id
        LEFT JOIN user_transactions t FORCE INDEX (PRIMARY) ON t.transaction_id = m.sms_identifier
          AND t.recipient_no = m.recipient_no AND t.transaction_type = 'compensation'
      WHERE ${within('m.sms_identifier', span)}`,
  )
  return { rows: rows.length, violations: rows.flatMap(explain), end: endOf(span) }
}

function explain(row: Row): Violation[] {
  const subject = subjectOf(row.id, row.recipient_no)
  return explanationsOf(row).map((explanation) => ({ rule: 'deadline', subject, explanation }))
}

function explanationsOf(row: Row): string[] {
  const wrong: string[] = []
  if (row.is_wrong)
    wrong.push(
      `is recorded as ${row.cause}, which its recipient or request contradicts (status ${row.status ?? 'none'})`,
    )
  if (row.is_compensable !== (row.is_due || row.is_compensated ? 1 : 0))
    wrong.push(row.is_compensable ? 'was missed and is not compensated' : 'is compensated without a reason')
  if (row.is_due && row.is_compensated) wrong.push('is compensated and due as well')
  if (row.is_overdue) wrong.push(`has been due for more than ${COMPENSATED_WITHIN_MINUTES} minutes`)
  if (row.is_compensated && row.compensation === 0 && row.left_over > 0)
    wrong.push('is compensated, and nothing went back')
  if (row.compensation !== (row.entry ?? 0))
    wrong.push(`was compensated ${row.compensation}, and the ledger says ${row.entry ?? 'nothing'}`)
  return wrong
}
