import { sql } from 'kysely'
import { NOW, dateTime, insertRows } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Prices, Submitted } from './decide.ts'

/** Writes what each request says, once a request. */
export async function insertRequests(tx: Tx, requests: Submitted[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_requests (sms_identifier, user_id, type, text, recipients, send_at, created_at)`,
    requests.map(({ smsIdentifier, userId, type, text, recipients, sendAt }) => [
      identifierToBytes(smsIdentifier),
      userId,
      type,
      text,
      recipients.length,
      sendAt ? dateTime(sendAt.getTime()) : null,
      NOW,
    ]),
  )
}

/** Writes one row a recipient, numbered from 1 within its request, with the price that was charged for it. */
export async function insertRecipients(tx: Tx, requests: Submitted[], prices: Prices): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, price, parts, created_at, updated_at)`,
    requests.flatMap(({ smsIdentifier, userId, type, recipients, parts = 1 }) => {
      const id = identifierToBytes(smsIdentifier)
      const price = prices[type]
      return recipients.map((recipient, index) => [
        id,
        index + 1,
        userId,
        recipient,
        'pending',
        price,
        parts,
        NOW,
        NOW,
      ])
    }),
  )
}
