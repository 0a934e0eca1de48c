import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { findUnrecorded } from './checkDeadlines.ts'
import { findWrongEvents } from './checkEvents.ts'
import { findMoneyForNothing, findOrphans, isReturn, readWanting, wanting } from './explainMessages.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan, Span } from './page.ts'
import type { EngineLimits, Violation } from './violation.ts'

const REQUESTS = { table: 'sms_requests', column: 'sms_identifier' } as const
const RECIPIENTS = { table: 'sms_status', column: 'sms_identifier' } as const
const LEDGER = { table: 'user_transactions', column: 'transaction_id' } as const

interface Counts {
  recipients: number
  marked: string | null
  refunded: string | null
  charged_for: string | null
  requests: number
  charges: string | null
  refunds: string | null
}

interface Row {
  id: Buffer
  user_id: number
  recipients: number
  amount: number | null
  payer: number | null
  found: number
  highest: number | null
  price: string | null
  wanting: string | null
  is_test: number
}

/**
 * Checks that each request was charged the price of its recipients, that each recipient's state is complete and
 * refunded if it failed, and that each charge and refund has its cause (invariants 1 and 3). One statement reads what
 * one transaction writes; only violations and unfinished recipients are returned.
 */
export function openMessageScan(limits: EngineLimits): Scan {
  return {
    ...{ name: 'messages', table: 'sms_status', isOfMessages: true as const },
    readPage: (db, bounds, rowsMax) => readPage(db, bounds, { rowsMax, limits }),
    lastKey: async (db) => {
      const keys = await Promise.all([REQUESTS, RECIPIENTS, LEDGER].map((key) => lastKeyOf(key)(db)))
      return keys.reduce((one, other) => (one > other ? one : other))
    },
  }
}

async function readPage(
  db: Db,
  bounds: Bounds,
  { rowsMax, limits }: { rowsMax: number; limits: EngineLimits },
): Promise<Page> {
  const span = await commonSpan(db, bounds, rowsMax)
  const counts = await count(db, span)
  const rows = await compare(db, span, limits)
  const found = await readWanting(
    db,
    rows.filter((row) => Number(row.wanting) > 0).map(({ id }) => id),
    limits,
  )
  const violations = [
    ...rows.flatMap(explainCharge),
    ...found.violations,
    ...(await findWrongEvents(db, span)),
    ...(await findUnrecorded(db, span)),
  ]
  if (violations.length > 0 || !isMatched(counts))
    violations.push(...(await findOrphans(db, span)), ...(await findMoneyForNothing(db, span)))
  return {
    rows: counts.recipients,
    violations,
    end: endOf(span),
    open: found.open,
    possibleDuplicates: Number(counts.marked),
  }
}

/** Bounded by requests and by recipients, because either table may have rows that the other lacks. */
async function commonSpan(db: Db, bounds: Bounds, rowsMax: number): Promise<Span> {
  const spans = await Promise.all([REQUESTS, RECIPIENTS].map((key) => spanFrom(db, key, bounds, rowsMax)))
  return spans.reduce((one, other) => (Buffer.compare(one.end, other.end) <= 0 ? one : other))
}

/**
 * `compare` checks that each request has its charge, and each recipient whose price went back that one entry. If the
 * counts are equal too, there is no surplus row, which is far cheaper than a look-up for each row.
 */
async function count(db: Db, span: Span): Promise<Counts> {
  const [counts] = await query(
    db,
    'audit.messages_count',
    sql<Counts>`SELECT * FROM
      (SELECT COUNT(*) AS recipients, SUM(possible_duplicate) AS marked,
              SUM((status IN ('failed', 'cancelled') AND price > 0) OR returned > 0) AS refunded
         FROM sms_status FORCE INDEX (PRIMARY) WHERE ${within('sms_identifier', span)}) s,
      (SELECT COUNT(*) AS requests, COALESCE(SUM(recipients), 0) AS charged_for
         FROM sms_requests FORCE INDEX (PRIMARY) WHERE ${within('sms_identifier', span)}) r,
      (SELECT SUM(transaction_type = 'charge') AS charges, SUM(${isReturn('transaction_type')}) AS refunds
         FROM user_transactions FORCE INDEX (PRIMARY) WHERE ${within('transaction_id', span)}) t`,
  )
  if (!counts) throw new Error('a count has no row')
  return counts
}

function isMatched(counts: Counts): boolean {
  const { requests, charges, recipients, charged_for, refunded, refunds } = counts
  const pairs = [
    [requests, charges],
    [recipients, charged_for],
    [refunded, refunds],
  ]
  return pairs.every(([one, other]) => Number(one) === Number(other))
}

function compare(db: Db, span: Span, limits: EngineLimits): Promise<Row[]> {
  return query(
    db,
    'audit.messages',
    sql<Row>`
      SELECT r.sms_identifier AS id, r.user_id, r.recipients, r.is_test, MAX(t.amount) AS amount, MAX(t.user_id) AS payer,
             COUNT(s.recipient_no) AS found, MAX(s.recipient_no) AS highest, SUM(s.price) AS price,
             SUM(CASE WHEN ${wanting(limits)} THEN 1 ELSE 0 END) AS wanting
      FROM sms_requests r FORCE INDEX (PRIMARY)
        LEFT JOIN user_transactions t FORCE INDEX (PRIMARY) ON t.transaction_id = r.sms_identifier
          AND t.recipient_no = 0 AND t.transaction_type = 'charge'
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = r.sms_identifier
      WHERE ${within('r.sms_identifier', span)}
      GROUP BY r.sms_identifier
      HAVING amount IS NULL OR amount <> -price OR payer <> r.user_id OR found <> r.recipients
        OR highest <> r.recipients OR wanting > 0 OR (r.is_test AND price > 0)`,
  )
}

function explainCharge({
  id,
  user_id,
  recipients,
  amount,
  payer,
  found,
  highest,
  price,
  is_test,
}: Row): Violation[] {
  const subject = `message ${identifierFromBytes(id)}`
  const owed = -Number(price ?? 0)
  const violations: Violation[] = []
  if (amount === null) violations.push({ rule: 'charge', subject, explanation: 'was never charged' })
  else if (amount !== owed)
    violations.push({ rule: 'charge', subject, explanation: `${amount} was charged instead of ${owed}` })
  if (is_test === 1 && owed < 0)
    violations.push({ rule: 'charge', subject, explanation: `is a test message and costs ${-owed}` })
  if (payer !== null && payer !== user_id) {
    const explanation = `is of customer ${user_id} and was charged to customer ${payer}`
    violations.push({ rule: 'customer', subject, explanation })
  }
  if (found !== recipients || (found > 0 && highest !== recipients)) {
    const explanation = `was accepted for ${recipients} recipients, has ${found}`
    violations.push({ rule: 'charge', subject, explanation })
  }
  return violations
}
