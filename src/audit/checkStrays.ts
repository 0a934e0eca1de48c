import { sql } from 'kysely'
import { snapshot } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { OnProgress, Pass, Violation } from './violation.ts'

const ROWS_PER_PAGE = 10_000

interface Key {
  id: Buffer
  recipient_no: number
}

/**
 * The other way round: charges and refunds of messages that are not there, and recipients of requests that are not
 * there. checkMessages comes from the requests and cannot see them.
 */
export async function checkStrays(db: Db, onProgress: OnProgress): Promise<Pass> {
  const pass: Pass = { rows: 0, violations: [] }
  for (const { table, find, violation } of [MONEY, RECIPIENTS]) {
    let after: Key | undefined = { id: Buffer.alloc(0), recipient_no: 0 }
    while (after) {
      const from: Key = after
      const { strays, end } = await snapshot(db, `audit.strays_${table}`, (reader) => find(reader, from))
      pass.violations.push(...strays.map(violation))
      onProgress(table, end ? ROWS_PER_PAGE : 0)
      pass.rows += end ? ROWS_PER_PAGE : 0
      after = end
    }
  }
  return pass
}

/** The strays of one page of a table, and where the page ended; undefined when it was the last. */
type Find = (reader: Reader, after: Key) => Promise<{ strays: Key[]; end: Key | undefined }>

const MONEY: { table: string; find: Find; violation: (key: Key) => Violation } = {
  table: 'user_transactions',
  async find(reader, after) {
    const end = await endOfPage(reader, 'user_transactions', 'transaction_id', after)
    const { rows } = await sql<Key>`
      SELECT t.transaction_id AS id, t.recipient_no
      FROM user_transactions t LEFT JOIN sms_requests r ON r.sms_identifier = t.transaction_id
      WHERE ${within('t.transaction_id', after, end)} AND t.transaction_type <> 'topup'
        AND (r.sms_identifier IS NULL OR t.recipient_no > r.recipients)`.execute(reader)
    return { strays: rows, end }
  },
  violation: ({ id, recipient_no }) => ({
    rule: recipient_no === 0 ? 'charge' : 'refund',
    subject: `message ${identifierFromBytes(id)}, recipient ${recipient_no}`,
    explanation: 'money was moved for it and it does not exist',
  }),
}

const RECIPIENTS: typeof MONEY = {
  table: 'sms_status',
  async find(reader, after) {
    const end = await endOfPage(reader, 'sms_status', 'sms_identifier', after)
    const { rows } = await sql<Key>`
      SELECT s.sms_identifier AS id, s.recipient_no
      FROM sms_status s LEFT JOIN sms_requests r ON r.sms_identifier = s.sms_identifier
      WHERE ${within('s.sms_identifier', after, end)} AND r.sms_identifier IS NULL`.execute(reader)
    return { strays: rows, end }
  },
  violation: ({ id, recipient_no }) => ({
    rule: 'charge',
    subject: `message ${identifierFromBytes(id)}, recipient ${recipient_no}`,
    explanation: 'has no request',
  }),
}

/** Pages end at whole identifiers, so that a range of the first key column names one. */
async function endOfPage(
  reader: Reader,
  table: string,
  column: string,
  after: Key,
): Promise<Key | undefined> {
  const { rows } = await sql<Key>`
    SELECT ${sql.ref(column)} AS id, recipient_no FROM ${sql.table(table)}
    WHERE ${sql.ref(column)} > ${after.id} ORDER BY ${sql.ref(column)}, recipient_no
    LIMIT 1 OFFSET ${sql.lit(ROWS_PER_PAGE - 1)}`.execute(reader)
  return rows[0]
}

function within(column: string, after: Key, end: Key | undefined) {
  const above = sql`${sql.ref(column)} > ${after.id}`
  return end ? sql`${above} AND ${sql.ref(column)} <= ${end.id}` : above
}
