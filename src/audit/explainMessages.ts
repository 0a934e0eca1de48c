import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { explainRecipient } from './explainRecipient.ts'
import type { RecipientRow } from './explainRecipient.ts'
import { query, within } from './page.ts'
import type { OpenRecipient, Span } from './page.ts'
import type { EngineLimits, Violation } from './violation.ts'

/** A consumer counts the time from its claim on, within a lease. */
function expiredEarly({ validityMs: { normal, express } }: EngineLimits): RawBuilder<unknown> {
  const validityMs = sql`CASE r.type WHEN 'express' THEN ${sql.lit(express)} ELSE ${sql.lit(normal)} END`
  return sql`(s.failure_reason = 'expired' AND s.provider = ''
    AND COALESCE(r.expires_at, COALESCE(r.send_at, r.created_at) + INTERVAL (${validityMs}) * 1000 MICROSECOND)
      > s.updated_at + INTERVAL 10 SECOND)`
}

/** Looked up only for recipients with a delivery status. */
const WITHOUT_RECEIPT = sql`NOT EXISTS (SELECT 1 FROM receipts e WHERE e.sms_identifier = s.sms_identifier
  AND e.recipient_no = s.recipient_no AND e.state = 'applied')`

/** The condition that a recipient `s` of request `r` with refund `f` is unfinished or wrong. */
export function wanting(limits: EngineLimits): RawBuilder<unknown> {
  const { normal, express } = limits.submissionsMax
  return sql`(s.user_id <> r.user_id
  OR CASE s.status
       WHEN 'done' THEN s.provider = ''
       WHEN 'failed' THEN COALESCE(f.amount, 0) <> s.price OR COALESCE(f.user_id, r.user_id) <> r.user_id
         OR ${expiredEarly(limits)}
       WHEN 'cancelled' THEN COALESCE(f.amount, 0) <> s.price OR COALESCE(f.user_id, r.user_id) <> r.user_id
       ELSE TRUE END
  OR (s.status = 'done') <> (s.handed_over_at IS NOT NULL)
  OR (s.status = 'failed' OR COALESCE(s.delivery_status = 'undelivered', FALSE)) <> (s.failure_reason IS NOT NULL)
  OR (s.delivery_status IS NOT NULL AND (s.status <> 'done' OR ${WITHOUT_RECEIPT}))
  OR (s.status = 'cancelled' AND (s.possibly_sent OR s.unconfirmed > 0))
  OR s.possible_duplicate > s.possibly_sent
  OR (s.unconfirmed > 1 AND NOT s.possible_duplicate)
  OR s.unconfirmed > CASE r.type WHEN 'express' THEN ${sql.lit(express)} ELSE ${sql.lit(normal)} END)`
}

/** Explains requests with recipients for which `wanting` is true. */
export async function readWanting(
  db: Db,
  ids: Buffer[],
  limits: EngineLimits,
): Promise<{ open: OpenRecipient[]; violations: Violation[] }> {
  if (ids.length === 0) return { open: [], violations: [] }
  const rows = await query(
    db,
    'audit.recipients',
    sql<RecipientRow>`
      SELECT s.sms_identifier AS id, s.recipient_no, s.user_id, r.user_id AS customer, r.type, s.status, s.price,
             s.owner IS NOT NULL AS has_owner, s.lease_until IS NOT NULL AS has_lease, s.provider <> '' AS has_provider,
             s.handed_over_at IS NOT NULL AS is_handed_over, s.failure_reason IS NOT NULL AS has_reason,
             ${expiredEarly(limits)} AS is_expired_early,
             s.delivery_status, s.delivery_status IS NOT NULL AND ${WITHOUT_RECEIPT} AS lacks_receipt,
             s.possibly_sent, s.possible_duplicate, s.unconfirmed, f.amount AS refund, f.user_id AS receiver,
             q.sms_identifier IS NOT NULL AS is_quarantined
      FROM JSON_TABLE(${JSON.stringify(ids.map((id) => id.toString('hex')))}, '$[*]'
          COLUMNS (id CHAR(32) PATH '$')) asked
        STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = UNHEX(asked.id)
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = r.sms_identifier
        LEFT JOIN user_transactions f FORCE INDEX (PRIMARY) ON s.status IN ('failed', 'cancelled')
          AND f.transaction_id = s.sms_identifier AND f.recipient_no = s.recipient_no
          AND f.transaction_type = 'refund'
        LEFT JOIN sms_quarantine q FORCE INDEX (PRIMARY) ON s.status = 'sending' AND s.owner IS NULL
          AND q.sms_identifier = s.sms_identifier AND q.recipient_no = s.recipient_no
      WHERE ${wanting(limits)}`,
  )
  const open = rows.filter(
    ({ status, is_quarantined }) => status === 'pending' || (status === 'sending' && !is_quarantined),
  )
  return {
    open: open.map(({ id, recipient_no, user_id, status }) => ({
      ...{ smsIdentifier: identifierFromBytes(id), recipientNo: recipient_no, userId: user_id, status },
    })),
    violations: rows.flatMap((row) => explainRecipient(row, limits)),
  }
}

/** Recipients without a request. */
export async function findOrphans(db: Db, span: Span): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.orphans',
    sql<{ id: Buffer; recipient_no: number }>`SELECT s.sms_identifier AS id, s.recipient_no
      FROM sms_status s FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
      WHERE ${within('s.sms_identifier', span)} AND r.sms_identifier IS NULL`,
  )
  return rows.map(({ id, recipient_no }) => ({
    ...{ rule: 'charge', subject: subjectOf(id, recipient_no), explanation: 'has no request' },
  }))
}

/** Charges without a request, refunds without a recipient or of one that keeps its price. */
export async function findMoneyForNothing(db: Db, span: Span): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.money',
    sql<{ id: Buffer; recipient_no: number; type: 'charge' | 'refund'; status: SmsState | null }>`
      SELECT t.transaction_id AS id, t.recipient_no, t.transaction_type AS type, s.status
      FROM user_transactions t FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = t.transaction_id
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = t.transaction_id
          AND s.recipient_no = t.recipient_no
      WHERE ${within('t.transaction_id', span)}
        AND CASE t.transaction_type WHEN 'charge' THEN r.sms_identifier IS NULL OR t.recipient_no > 0
              WHEN 'refund' THEN COALESCE(s.status, '') NOT IN ('failed', 'cancelled') ELSE FALSE END`,
  )
  return rows.map(({ id, recipient_no, type, status }) => ({
    rule: type,
    subject: subjectOf(id, recipient_no),
    explanation: explainPaid(status),
  }))
}

/** The refunds whose recipient does not exist, keeps its price, or belongs to another customer. */
export async function findUnfoundedRefunds(
  db: Db,
  refunds: { transaction_id: Buffer; recipient_no: number; user_id: number }[],
): Promise<Violation[]> {
  if (refunds.length === 0) return []
  const keys = refunds.map((refund) => [
    refund.transaction_id.toString('hex'),
    refund.recipient_no,
    refund.user_id,
  ])
  const rows = await query(
    db,
    'audit.refunds',
    sql<{ id: string; recipient_no: number; receiver: number; status: SmsState | null; user_id: number }>`
      SELECT asked.id, asked.recipient_no, asked.receiver, s.status, s.user_id
      FROM JSON_TABLE(${JSON.stringify(keys)}, '$[*]' COLUMNS (id CHAR(32) PATH '$[0]',
          recipient_no SMALLINT UNSIGNED PATH '$[1]', receiver BIGINT PATH '$[2]')) asked
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = UNHEX(asked.id)
          AND s.recipient_no = asked.recipient_no
      WHERE COALESCE(s.status, '') NOT IN ('failed', 'cancelled') OR s.user_id <> asked.receiver`,
  )
  return rows.map(({ id, recipient_no, receiver, status, user_id }) => {
    const subject = subjectOf(Buffer.from(id, 'hex'), recipient_no)
    if (status !== 'failed' && status !== 'cancelled')
      return { rule: 'refund', subject, explanation: explainPaid(status) }
    const explanation = `is of customer ${user_id} and was refunded to customer ${receiver}`
    return { rule: 'customer', subject, explanation }
  })
}

function explainPaid(status: SmsState | null): string {
  return status === null ? 'money was moved for it and it does not exist' : `is ${status} and was refunded`
}

export function subjectOf(id: Buffer, recipientNo: number): string {
  return `message ${identifierFromBytes(id)}, recipient ${recipientNo}`
}
