import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { countRows, lastPlaceOf, lies, look, placeOf, spanFrom } from './page.ts'
import type { Page, Walk } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'user_transactions', column: 'transaction_id' } as const

interface Row {
  id: Buffer
  recipient_no: number
  status: string | null
}

/**
 * The other way round: asks of every charge whether its request is there, and of every refund whether its recipient
 * failed (invariant 3). Whoever comes from the requests and recipients cannot see what was moved for none of them.
 */
export const moneyWalk: Walk = {
  ...{ name: 'money', table: 'user_transactions', readPage },
  lastPlace: lastPlaceOf(KEY),
}

async function readPage(db: Db, after: string, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, after, rowsMax)
  const rows = await countRows(db, KEY, span)
  const wrong = await look(db, 'audit.money', (reader) =>
    sql<Row>`
      SELECT t.transaction_id AS id, t.recipient_no, s.status
      FROM user_transactions t FORCE INDEX (PRIMARY)
        LEFT JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = t.transaction_id
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON t.recipient_no > 0
          AND s.sms_identifier = t.transaction_id AND s.recipient_no = t.recipient_no
      WHERE ${lies('t.transaction_id', span)} AND (t.transaction_type <> 'topup' OR t.recipient_no > 0)
        AND (r.sms_identifier IS NULL OR (t.recipient_no > 0 AND COALESCE(s.status, '') <> 'failed'))`.execute(
      reader,
    ),
  )
  return { rows, violations: wrong.rows.map(explain), end: placeOf(span) }
}

function explain({ id, recipient_no, status }: Row): Violation {
  const rule = recipient_no === 0 ? 'charge' : 'refund'
  const subject = `message ${identifierFromBytes(id)}, recipient ${recipient_no}`
  if (status !== null) return { rule, subject, explanation: `is ${status} and was refunded` }
  return { rule, subject, explanation: 'money was moved for it and it does not exist' }
}
