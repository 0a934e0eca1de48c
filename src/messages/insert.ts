import { sql } from 'kysely'
import { NOW, dateTime, insertRows, sqlValue } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { AcceptedRequest, Submitted } from './decide.ts'

/** Writes what each request says, once a request. */
export async function insertRequests(tx: Tx, requests: readonly Submitted[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_requests (sms_identifier, user_id, type, text, sender, recipients, send_at, expires_at, is_test,
      on_unknown, traceparent, created_at)`,
    requests.map((request) => {
      const {
        smsIdentifier,
        userId,
        type,
        text,
        sender = null,
        recipients,
        sendAt,
        isTest,
        onUnknown = null,
        traceparent = null,
      } = request
      return [
        ...[identifierToBytes(smsIdentifier), userId, type, text, sender, recipients.length],
        ...[sendAt ? dateTime(sendAt.getTime()) : null, expiresAt(request), isTest ? 1 : 0],
        ...[onUnknown, traceparent, NOW],
      ]
    }),
  )
}

function expiresAt({ sendAt, expiresInSeconds: seconds }: Submitted): Value {
  if (seconds === undefined) return null
  if (sendAt) return dateTime(sendAt.getTime() + seconds * 1_000)
  return sqlValue(`NOW(3) + INTERVAL ${Math.trunc(seconds)} SECOND`)
}

/** Writes one row a recipient, numbered from 1 within its request, with the charged price and its tariff. */
export async function insertRecipients(
  tx: Tx,
  accepted: readonly Pick<AcceptedRequest, 'request' | 'price' | 'makesEvents'>[],
): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, given_to, status, price, tariff_id,
      parts, makes_events, created_at, updated_at)`,
    accepted.flatMap(({ request, price: { recipients }, makesEvents }) => {
      const { smsIdentifier, userId, givenTo, parts = 1 } = request
      const id = identifierToBytes(smsIdentifier)
      return recipients.map(({ recipient, price, tariffId }, index) => [
        ...[id, index + 1, userId, recipient, givenTo?.[index] ?? null],
        ...['pending', price, tariffId, parts, makesEvents, NOW, NOW],
      ])
    }),
  )
}
