import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan, Span } from './page.ts'
import type { Violation } from './violation.ts'

const BULKS = { table: 'bulks', column: 'bulk_id' } as const
const MESSAGES = { table: 'bulk_messages', column: 'bulk_id' } as const

interface Row {
  id: Buffer
  accepted: number
  cost: number
  found: number
  strangers: string | null
  charged: string | null
}

/** Checks that the messages of each bulk exist, belong to its customer, and come to what the bulk says. */
export const bulkScan: Scan = {
  ...{ name: 'bulks', table: 'bulk_messages', readPage, isOfMessages: true as const },
  lastKey: async (db) => {
    const keys = await Promise.all([BULKS, MESSAGES].map((key) => lastKeyOf(key)(db)))
    return keys.reduce((one, other) => (one > other ? one : other))
  },
}

/** Bounded by bulks and by messages, because either table may have rows that the other lacks. */
async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<Page> {
  const spans = await Promise.all([BULKS, MESSAGES].map((key) => spanFrom(db, key, bounds, rowsMax)))
  const span = spans.reduce((one, other) => (Buffer.compare(one.end, other.end) <= 0 ? one : other))
  const rows = await compare(db, span)
  const violations = [...rows.flatMap(explain), ...(await findWithoutBulk(db, span))]
  return { rows: rows.reduce((sum, { found }) => sum + Number(found), 0), violations, end: endOf(span) }
}

function compare(db: Db, span: Span): Promise<Row[]> {
  return query(
    db,
    'audit.bulks',
    sql<Row>`
      SELECT b.bulk_id AS id, b.accepted, b.cost, COUNT(m.message_index) AS found, -SUM(t.amount) AS charged,
             SUM(m.message_index IS NOT NULL AND (r.user_id IS NULL OR r.user_id <> b.user_id)) AS strangers
      FROM bulks b FORCE INDEX (PRIMARY)
        LEFT JOIN bulk_messages m FORCE INDEX (PRIMARY) ON m.bulk_id = b.bulk_id
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = m.sms_identifier
        LEFT JOIN user_transactions t FORCE INDEX (PRIMARY) ON t.transaction_id = m.sms_identifier
          AND t.recipient_no = 0 AND t.transaction_type = 'charge'
      WHERE ${within('b.bulk_id', span)}
      GROUP BY b.bulk_id, b.accepted, b.cost`,
  )
}

function explain({ id, accepted, cost, found, strangers, charged }: Row): Violation[] {
  const subject = `bulk ${identifierFromBytes(id)}`
  const faults: string[] = []
  if (Number(found) !== accepted) faults.push(`says that ${accepted} messages were accepted, has ${found}`)
  if (Number(strangers) > 0)
    faults.push(`has ${strangers} messages that do not exist or are another customer's`)
  else if (Number(charged) !== cost) faults.push(`says that ${cost} was charged, its messages say ${charged}`)
  return faults.map((explanation) => ({ rule: 'bulk', subject, explanation }))
}

async function findWithoutBulk(db: Db, span: Span): Promise<Violation[]> {
  const rows = await query(
    db,
    'audit.bulk_messages',
    sql<{ id: Buffer }>`
      SELECT DISTINCT m.bulk_id AS id FROM bulk_messages m FORCE INDEX (PRIMARY)
        LEFT JOIN bulks b FORCE INDEX (PRIMARY) ON b.bulk_id = m.bulk_id
      WHERE ${within('m.bulk_id', span)} AND b.bulk_id IS NULL`,
  )
  return rows.map(({ id }) => ({
    ...{
      rule: 'bulk',
      subject: `bulk ${identifierFromBytes(id)}`,
      explanation: 'does not exist and has messages',
    },
  }))
}
