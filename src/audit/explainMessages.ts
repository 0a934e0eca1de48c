import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState, TransactionType } from '../../db/schema.ts'
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
    AND COALESCE(r.expires_at, COALESCE(r.delayed_until, r.send_at, r.created_at) + INTERVAL (${validityMs}) * 1000 MICROSECOND)
      > s.updated_at + INTERVAL 10 SECOND)`
}

/** Looked up only for recipients with a delivery status. */
const WITHOUT_RECEIPT = sql`NOT EXISTS (SELECT 1 FROM receipts e WHERE e.sms_identifier = s.sms_identifier
  AND e.recipient_no = s.recipient_no AND e.state = 'applied')`

/** Repeated here deliberately: what gives a recipient's price back, once in all. */
export function isReturn(column: string): RawBuilder<unknown> {
  return sql`${sql.ref(column)} IN ('refund', 'release', 'compensation')`
}

/** Of the entries of a recipient `s`: the charge is of the whole request, and has the number 0. */
const ofReturns = (
  value: RawBuilder<unknown>,
) => sql`(SELECT ${value} FROM user_transactions f FORCE INDEX (PRIMARY)
  WHERE f.transaction_id = s.sms_identifier AND f.recipient_no = s.recipient_no AND ${isReturn('f.transaction_type')})`
/** What a return of a recipient `s` may be, beside a compensation. */
const RETURN_TYPE = sql`CASE WHEN s.status IN ('failed', 'cancelled') THEN IF(s.charging = 'acceptance', 'refund', 'release')
  WHEN s.status = 'done' AND s.charging = 'delivery' THEN 'release' ELSE '' END`
const IS_OF_TYPE = sql`(f.transaction_type = 'compensation' OR f.transaction_type = ${RETURN_TYPE})`

/** Looked up only for recipients whose price is captured later than at acceptance, and neither captured nor back. */
const LACKS_HOLD = sql`(s.charging <> 'acceptance' AND s.price > 0 AND s.returned = 0
  AND (s.status IN ('pending', 'sending')
    OR (s.charging = 'delivery' AND s.status = 'done' AND NOT COALESCE(s.delivery_status = 'delivered', FALSE)))
  AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.sms_identifier = s.sms_identifier
    AND h.recipient_no = s.recipient_no))`

/** What the customer of request `r` got back. Looked up only for recipients whose price went back. */
const GIVEN_BACK = sql`COALESCE(${ofReturns(sql`SUM(IF(f.user_id = r.user_id AND ${IS_OF_TYPE}, f.amount, 0))`)}, 0)`

/** The condition that a recipient `s` of request `r` is unfinished or wrong. */
export function wanting(limits: EngineLimits): RawBuilder<unknown> {
  const { normal, express } = limits.submissionsMax
  return sql`(s.user_id <> r.user_id
  OR CASE s.status
       WHEN 'done' THEN s.provider = '' OR (s.returned <> 0 AND ${GIVEN_BACK} <> s.returned)
       WHEN 'failed' THEN ${GIVEN_BACK} <> s.price OR ${expiredEarly(limits)}
       WHEN 'cancelled' THEN ${GIVEN_BACK} <> s.price
       ELSE TRUE END
  OR s.returned NOT BETWEEN 0 AND s.price OR ${LACKS_HOLD}
  OR (s.status = 'done') <> (s.handed_over_at IS NOT NULL)
  OR (s.cost IS NOT NULL AND (s.status <> 'done' OR s.cost < 0))
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
      SELECT s.sms_identifier AS id, s.recipient_no, s.user_id, r.user_id AS customer, r.type, s.status, s.price, s.returned,
             s.owner IS NOT NULL AS has_owner, s.lease_until IS NOT NULL AS has_lease, s.provider <> '' AS has_provider,
             s.handed_over_at IS NOT NULL AS is_handed_over, s.cost, s.failure_reason IS NOT NULL AS has_reason,
             ${expiredEarly(limits)} AS is_expired_early,
             s.delivery_status, s.delivery_status IS NOT NULL AND ${WITHOUT_RECEIPT} AS lacks_receipt,
             s.possibly_sent, s.possible_duplicate, s.unconfirmed, ${ofReturns(sql`SUM(f.amount)`)} AS given_back,
             ${ofReturns(sql`MAX(IF(${IS_OF_TYPE}, NULL, f.transaction_type))`)} AS wrong_type,
             ${LACKS_HOLD} AS lacks_hold,
             ${ofReturns(sql`MAX(IF(f.user_id <> r.user_id, f.user_id, NULL))`)} AS stranger,
             q.sms_identifier IS NOT NULL AS is_quarantined
      FROM JSON_TABLE(${JSON.stringify(ids.map((id) => id.toString('hex')))}, '$[*]'
          COLUMNS (id CHAR(32) PATH '$')) asked
        STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = UNHEX(asked.id)
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = r.sms_identifier
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

/** Charges without a request, returns without a recipient or of one of which nothing went back. */
export async function findMoneyForNothing(db: Db, span: Span): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.money',
    sql<{ id: Buffer; recipient_no: number; type: TransactionType; status: SmsState | null }>`
      SELECT t.transaction_id AS id, t.recipient_no, t.transaction_type AS type, s.status
      FROM user_transactions t FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = t.transaction_id
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = t.transaction_id
          AND s.recipient_no = t.recipient_no
      WHERE ${within('t.transaction_id', span)}
        AND CASE t.transaction_type WHEN 'charge' THEN r.sms_identifier IS NULL OR t.recipient_no > 0
              WHEN 'topup' THEN FALSE ELSE ${unfounded('t.transaction_type')} END`,
  )
  return rows.map(({ id, recipient_no, type, status }) => ({
    rule: type === 'charge' ? 'charge' : 'refund',
    subject: subjectOf(id, recipient_no),
    explanation: explainPaid(status, type),
  }))
}

/** A return without a recipient `s`, or of one whose row does not say so. */
function unfounded(type: string): RawBuilder<unknown> {
  return sql`(s.status IS NULL OR (s.status NOT IN ('failed', 'cancelled')
    AND (s.returned = 0 OR ${sql.ref(type)} = 'refund')))`
}

/** The returns whose recipient does not exist, keeps its price, or belongs to another customer. */
export async function findUnfoundedReturns(
  db: Db,
  returns: {
    transaction_id: Buffer
    recipient_no: number
    user_id: number
    transaction_type: TransactionType
  }[],
): Promise<Violation[]> {
  if (returns.length === 0) return []
  const keys = returns.map(
    ({ transaction_id: id, recipient_no: no, user_id: userId, transaction_type: type }) => [
      ...[id.toString('hex'), no, userId, type],
    ],
  )
  const rows = await query(
    db,
    'audit.returns',
    sql<{
      id: string
      recipient_no: number
      receiver: number
      type: TransactionType
      is_unfounded: number
      status: SmsState | null
      user_id: number
    }>`
      SELECT asked.id, asked.recipient_no, asked.receiver, asked.type, ${unfounded('asked.type')} AS is_unfounded,
             s.status, s.user_id
      FROM JSON_TABLE(${JSON.stringify(keys)}, '$[*]' COLUMNS (id CHAR(32) PATH '$[0]',
          recipient_no SMALLINT UNSIGNED PATH '$[1]', receiver BIGINT PATH '$[2]',
          type VARCHAR(20) CHARACTER SET utf8mb4 PATH '$[3]')) asked
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = UNHEX(asked.id)
          AND s.recipient_no = asked.recipient_no
      WHERE ${unfounded('asked.type')} OR s.user_id <> asked.receiver`,
  )
  return rows.map(({ id, recipient_no, receiver, type, is_unfounded, status, user_id }) => {
    const subject = subjectOf(Buffer.from(id, 'hex'), recipient_no)
    if (is_unfounded === 1) return { rule: 'refund', subject, explanation: explainPaid(status, type) }
    const explanation = `is of customer ${user_id} and was refunded to customer ${receiver}`
    return { rule: 'customer', subject, explanation }
  })
}

function explainPaid(status: SmsState | null, type: TransactionType): string {
  if (status === null) return 'money was moved for it and it does not exist'
  return `is ${status} and has a ${type}`
}

export function subjectOf(id: Buffer, recipientNo: number): string {
  return `message ${identifierFromBytes(id)}, recipient ${recipientNo}`
}
