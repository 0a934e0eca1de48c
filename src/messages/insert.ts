import { sql } from 'kysely'
import { NOW, dateTime, insertRows, sqlValue } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { refuseOld } from './changes.ts'
import type { AcceptedRequest, Submitted } from './decide.ts'
import { guaranteedBy } from './guarantee.ts'

/** Writes what each request says, once a request. @param guaranteedWithinMs of express requests that do not say it. */
export async function insertRequests(
  tx: Tx,
  accepted: readonly Pick<AcceptedRequest, 'request' | 'departure'>[],
  guaranteedWithinMs: number,
): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_requests (sms_identifier, user_id, type, text, sender, recipients, send_at, expires_at, is_test,
      on_unknown, traceparent, delayed_until, guaranteed_by, hedge, created_at)`,
    accepted.map(({ request, departure: { delayed } }) => {
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
        hedge = false,
      } = request
      return [
        ...[identifierToBytes(smsIdentifier), userId, type, text, sender, recipients.length],
        ...[sendAt ? dateTime(sendAt.getTime()) : null, expiresAt(request, delayed?.until), isTest ? 1 : 0],
        ...[onUnknown, traceparent, delayed ? dateTime(delayed.until.getTime()) : null],
        guaranteedBy(request, { delayedUntil: delayed?.until, defaultMs: guaranteedWithinMs }),
        ...[hedge && type === 'express' && !isTest ? 1 : 0, NOW],
      ]
    }),
  )
}

/** Counted from when the message may leave. */
function expiresAt({ sendAt, expiresInSeconds: seconds }: Submitted, delayedUntil: Date | undefined): Value {
  if (seconds === undefined) return null
  const due = delayedUntil ?? sendAt
  if (due) return dateTime(due.getTime() + seconds * 1_000)
  return sqlValue(`NOW(3) + INTERVAL ${Math.trunc(seconds)} SECOND`)
}

/**
 * Writes one row a recipient, numbered from 1 within its request, with the charged price and its tariff.
 * @throws Unavailable when a message is too old to be counted (see changes.ts).
 */
export async function insertRecipients(
  tx: Tx,
  accepted: readonly Pick<AcceptedRequest, 'request' | 'price' | 'makesEvents'>[],
): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, given_to, status, price, tariff_id,
      parts, makes_events, charging, created_at, updated_at)`,
    accepted.flatMap(({ request, price: { recipients }, makesEvents }) => {
      const { smsIdentifier, userId, givenTo, parts = 1 } = request
      const id = identifierToBytes(smsIdentifier)
      return recipients.map(({ recipient, price, tariffId, charging }, index) => [
        ...[id, index + 1, userId, recipient, givenTo?.[index] ?? null],
        ...['pending', price, tariffId, parts, makesEvents, charging, NOW, NOW],
      ])
    }),
  )
  refuseOld(
    tx,
    accepted.map(({ request }) => request.smsIdentifier),
  )
}
