import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { countRows, lastPlaceOf, lies, look, placeOf, spanFrom } from './page.ts'
import type { Page, Walk } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'sms_requests', column: 'sms_identifier' } as const

interface Row {
  id: Buffer
  user_id: number
  price: number
  recipients: number
  amount: number | null
  payer: number | null
  found: number
}

/**
 * Asks of every request whether it was charged price x recipients, and has as many recipients as it paid for (promise
 * 1). Request, charge and recipients are written in one transaction and never change: one statement sees all or none.
 */
export const requestWalk: Walk = {
  ...{ name: 'requests', table: 'sms_requests', readPage },
  lastPlace: lastPlaceOf(KEY),
}

async function readPage(db: Db, after: string, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, after, rowsMax)
  const rows = await countRows(db, KEY, span)
  // Of the ten million that are right none leaves the database.
  const wrong = await look(db, 'audit.requests', (reader) =>
    sql<Row>`
      SELECT r.sms_identifier AS id, r.user_id, r.price, r.recipients, t.amount, t.user_id AS payer,
             (SELECT COUNT(*) FROM sms_status s FORCE INDEX (PRIMARY)
                WHERE s.sms_identifier = r.sms_identifier) AS found
      FROM sms_requests r FORCE INDEX (PRIMARY)
        LEFT JOIN user_transactions t FORCE INDEX (PRIMARY) ON t.transaction_id = r.sms_identifier
          AND t.recipient_no = 0 AND t.transaction_type = 'charge'
      WHERE ${lies('r.sms_identifier', span)}
      HAVING t.amount IS NULL OR t.amount <> -r.price * CAST(r.recipients AS SIGNED) OR payer <> r.user_id
        OR found <> r.recipients`.execute(reader),
  )
  return { rows, violations: wrong.rows.map(explain), end: placeOf(span) }
}

function explain({ id, user_id, price, recipients, amount, payer, found }: Row): Violation {
  const subject = `message ${identifierFromBytes(id)}`
  const owed = -price * recipients
  if (amount === null) return { rule: 'charge', subject, explanation: 'was never charged' }
  if (amount === owed && payer === user_id)
    return { rule: 'charge', subject, explanation: `paid for ${recipients} recipients, has ${found}` }
  const explanation = `${amount} was moved for customer ${payer}, wanted ${owed} for ${user_id}`
  return { rule: 'charge', subject, explanation }
}
