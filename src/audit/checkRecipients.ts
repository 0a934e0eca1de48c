import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { lastPlaceOf, lies, look, placeOf, spanFrom } from './page.ts'
import type { Page, Span, Walk } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'sms_status', column: 'sms_identifier' } as const

interface Row {
  id: Buffer
  recipient_no: number
  user_id: number
  status: SmsState
  has_owner: number
  has_lease: number
  is_named: number
  price: number | null
  amount: number | null
  receiver: number | null
}

/**
 * Asks of every recipient whether its state is complete and, when it failed, whether its price went back (invariant 3);
 * and hands on those that are unfinished. Whatever the engine changes together, one statement sees together.
 */
export const recipientWalk: Walk = {
  ...{ name: 'recipients', table: 'sms_status', readPage },
  lastPlace: lastPlaceOf(KEY),
}

async function readPage(db: Db, after: string, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, after, rowsMax)
  const { rows, marked } = await count(db, span)
  const wanting = await look(db, 'audit.recipients', (reader) =>
    sql<Row>`
      SELECT s.sms_identifier AS id, s.recipient_no, s.user_id, s.status, s.owner IS NOT NULL AS has_owner,
             s.lease_until IS NOT NULL AS has_lease,
             s.provider <> '' AND COALESCE(s.provider_message_id, '') <> '' AS is_named,
             r.price, t.amount, t.user_id AS receiver
      FROM sms_status s FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
        LEFT JOIN user_transactions t FORCE INDEX (PRIMARY) ON s.status = 'failed'
          AND t.transaction_id = s.sms_identifier AND t.recipient_no = s.recipient_no AND t.transaction_type = 'refund'
      WHERE ${lies('s.sms_identifier', span)} AND (r.sms_identifier IS NULL
        OR CASE s.status WHEN 'done' THEN s.provider = '' OR COALESCE(s.provider_message_id, '') = ''
             WHEN 'failed' THEN t.amount IS NULL OR t.amount <> r.price OR t.user_id <> s.user_id
             ELSE TRUE END)`.execute(reader),
  )
  return {
    rows,
    violations: wanting.rows.flatMap(explain),
    end: placeOf(span),
    open: wanting.rows
      .filter(({ status }) => status === 'pending' || status === 'sending')
      .map(({ id, recipient_no, user_id, status }) => ({
        ...{ smsIdentifier: identifierFromBytes(id), recipientNo: recipient_no, userId: user_id, status },
      })),
    possibleDuplicates: marked,
  }
}

async function count(db: Db, span: Span): Promise<{ rows: number; marked: number }> {
  const { rows } = await look(db, 'audit.recipients_count', (reader) =>
    sql<{ n: number; marked: string | null }>`
      SELECT COUNT(*) AS n, SUM(possible_duplicate) AS marked FROM sms_status FORCE INDEX (PRIMARY)
      WHERE ${lies('sms_identifier', span)}`.execute(reader),
  )
  return { rows: rows[0]?.n ?? 0, marked: Number(rows[0]?.marked ?? 0) }
}

function explain(row: Row): Violation[] {
  const subject = `message ${identifierFromBytes(row.id)}, recipient ${row.recipient_no}`
  const lacking =
    row.price === null ? [{ rule: 'charge' as const, subject, explanation: 'has no request' }] : []
  const state = explainState(row)
  return [
    ...lacking,
    ...(row.status === 'failed' && row.price !== null ? explainRefund(row, subject) : []),
    ...(state === undefined ? [] : [{ rule: 'state' as const, subject, explanation: state }]),
  ]
}

function explainRefund({ amount, receiver, price, user_id }: Row, subject: string): Violation[] {
  if (amount === null) return [{ rule: 'refund', subject, explanation: 'failed and was not refunded' }]
  const explanation = `${amount} went to customer ${receiver}, wanted ${price} to ${user_id}`
  return [{ rule: 'refund', subject, explanation }]
}

function explainState({ status, has_owner, has_lease, is_named }: Row): string | undefined {
  switch (status) {
    case 'pending':
      return has_owner ? 'is pending and has an owner' : undefined
    case 'sending':
      return has_owner && has_lease ? undefined : 'is sending without an owner and a lease'
    case 'done':
      return is_named ? undefined : 'is done without an operator and its message id'
    case 'failed':
      return undefined
    default:
      return `has the unknown state '${String(status)}'`
  }
}
