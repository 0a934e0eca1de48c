import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { appendEvents } from '../../src/events/index.ts'
import type { MessageEventType } from '../../src/events/index.ts'
import { append } from '../../src/outbox/index.ts'
import type { RecipientRange, RowOrder } from '../../src/outbox/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { refundOne } from '../ledger/refundOne.ts'
import { sequenceAll, turnFeedOn } from '../events/arrangeEvents.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { emptyTables } from '../support/servers.ts'

/** Messages in every state that the engine leaves behind, by their identifiers. */
export interface VariedTables {
  /** Customer 1, normal: recipients 1 (delivered), 2 (undelivered) and 3 done, 4 failed and refunded. */
  ended: string
  /**
   * Customer 2, express, of two parts: both done. Recipient 1's parts are delivered. Recipient 2 was submitted twice, and
   * operator-b, which has one part of it, could not deliver that.
   */
  express: string
  /** Customer 2, normal: both cancelled and refunded. */
  cancelled: string
  /** Customer 3, normal: waits for its turn in a row of its own. */
  ready: string
  /** Customer 3, express: in flight, in a row of its own. */
  sending: string
  /** Customers 1 and 3, normal: in flight, in one merged row. */
  merged: [string, string]
  /** Customer 3, normal: in three days. */
  scheduled: string
  /** Customer 2, normal: recipient 1 done, 2 in quarantine. */
  quarantined: string
  /** Customer 3: of the messages that are ready and scheduled. */
  bulk: string
  /** Customer 4, whose feed is on: recipient 1 done, with its event in the log, 2 failed, with its event still waiting. */
  told: string
}

/** The bytes of an identifier, in SQL. */
export function bytes(identifier: string): RawBuilder<Buffer> {
  return sql`UNHEX(REPLACE(${identifier}, '-', ''))`
}

/** The row of one recipient. */
export function at(identifier: string, recipientNo: number): RawBuilder<boolean> {
  return sql`sms_identifier = ${bytes(identifier)} AND recipient_no = ${recipientNo}`
}

const LEASED = sql`status = 'sending', owner = REPEAT('o', 8), lease_until = NOW(3) + INTERVAL 10 SECOND,
  attempts = 1, unconfirmed = 1`
const DONE = sql`status = 'done', owner = REPEAT('o', 8), lease_until = NOW(3), attempts = 1, unconfirmed = 1,
  provider = 'operator-a', handed_over_at = NOW(3)`
const FAILED = sql`status = 'failed', owner = REPEAT('o', 8), lease_until = NOW(3), attempts = 1, unconfirmed = 1,
  provider = 'operator-a', failure_reason = 'rejected'`

/** With a receipt for each part that has a status. */
async function arrangeParts(db: Db, identifier: string): Promise<void> {
  for (const [no, operator, partNo, status] of [
    [1, 'operator-a', 1, 'delivered'],
    [1, 'operator-a', 2, 'delivered'],
    [2, 'operator-a', 1, null],
    [2, 'operator-a', 2, null],
    [2, 'operator-b', 1, 'undelivered'],
    [2, 'operator-b', 2, null],
  ] as const) {
    const key = sql`${bytes(identifier)}, ${no}`
    await look(
      db,
      sql`INSERT INTO operator_message_parts
          (sms_identifier, recipient_no, provider, part_no, provider_message_id, delivery_status, created_at)
        VALUES (${key}, ${operator}, ${partNo}, ${`${no}-${partNo}`}, ${status}, NOW(3))`,
    )
    if (status === null) continue
    await look(
      db,
      sql`INSERT INTO receipts
          (sms_identifier, recipient_no, id, operator, state, verdict, part_no, raw, received_at)
        VALUES (${key}, REPEAT(${String(partNo)}, 16), ${operator}, 'applied', ${status}, ${partNo}, '', NOW(3))`,
    )
  }
}

/** Empties the tables and fills them with all that is legal. */
export async function arrangeVariedTables(db: Db): Promise<VariedTables> {
  await emptyTables(db)
  for (const userId of [1, 2, 3]) await fund(db, userId, 1_000)
  const send = (userId: number, to: number, type: MessageClass = 'normal') =>
    sendOne(db, { userId, to, type })
  const change = (what: RawBuilder<unknown>, identifier: string, recipientNo: number) =>
    look(db, sql`UPDATE sms_status SET ${what} WHERE ${at(identifier, recipientNo)}`)
  const removeRow = (identifier: string) =>
    look(db, sql`DELETE FROM outbox_events WHERE sms_identifier = ${bytes(identifier)}`)
  const refund = (userId: number, smsIdentifier: string, recipientNo: number) =>
    refundOne(db, { userId, smsIdentifier, recipientNo, amount: 1 })

  const ended = await send(1, 4)
  for (const no of [1, 2, 3]) await change(DONE, ended, no)
  await change(FAILED, ended, 4)
  await refund(1, ended, 4)
  await removeRow(ended)
  for (const [no, verdict] of [
    [1, 'delivered'],
    [2, 'undelivered'],
  ] as const) {
    await change(sql`delivery_status = ${verdict}`, ended, no)
    await look(
      db,
      sql`INSERT INTO receipts (sms_identifier, recipient_no, id, operator, state, verdict, raw, received_at)
        VALUES (${bytes(ended)}, ${no}, REPEAT('0', 16), 'operator-a', 'applied', ${verdict}, '', NOW(3))`,
    )
  }
  await change(sql`failure_reason = 'expired'`, ended, 2)

  const express = await send(2, 2, 'express')
  await change(DONE, express, 1)
  await change(sql`${DONE}, unconfirmed = 2, possibly_sent = TRUE, possible_duplicate = TRUE`, express, 2)
  await removeRow(express)
  await change(sql`delivery_status = 'delivered'`, express, 1)
  await arrangeParts(db, express)

  const cancelled = await send(2, 2)
  for (const no of [1, 2]) {
    await change(sql`status = 'cancelled'`, cancelled, no)
    await refund(2, cancelled, no)
  }
  await removeRow(cancelled)

  const ready = await send(3, 2)
  const sending = await send(3, 1, 'express')
  await change(LEASED, sending, 1)
  await look(
    db,
    sql`UPDATE outbox_events SET lane = 1, order_key = UNIX_TIMESTAMP(NOW() + INTERVAL 60 SECOND) * 1000000
      WHERE sms_identifier = ${bytes(sending)}`,
  )

  const merged: [string, string] = [await send(1, 1), await send(3, 1)]
  for (const identifier of merged) {
    await change(LEASED, identifier, 1)
    await removeRow(identifier)
  }
  await appendRow(
    db,
    merged.map((smsIdentifier, index) => ({ smsIdentifier, first: 1, last: 1, userId: index === 0 ? 1 : 3 })),
    { condition: 'waiting', until: { afterMs: 10_000 } },
  )

  const scheduled = await send(3, 1)
  await look(
    db,
    sql`UPDATE sms_requests SET send_at = NOW(3) + INTERVAL 3 DAY WHERE sms_identifier = ${bytes(scheduled)}`,
  )
  await look(
    db,
    sql`UPDATE outbox_events JOIN sms_requests USING (sms_identifier)
      SET lane = 3, order_key = UNIX_TIMESTAMP(send_at) * 1000000
      WHERE sms_identifier = ${bytes(scheduled)}`,
  )

  const quarantined = await send(2, 2)
  await change(DONE, quarantined, 1)
  await change(
    sql`status = 'sending', attempts = 3, unconfirmed = 3, possibly_sent = TRUE, possible_duplicate = TRUE`,
    quarantined,
    2,
  )
  await look(
    db,
    sql`INSERT INTO sms_quarantine VALUES (${bytes(quarantined)}, 2, 2, 'the settlement was refused',
      NOW(3) - INTERVAL 1 DAY)`,
  )
  await removeRow(quarantined)
  // One operator did not answer and the next accepted; the other message was rejected.
  await look(
    db,
    sql`INSERT INTO delivery_attempts VALUES
      (${bytes(quarantined)}, 1, 1, 1, 'operator-a', 'unknown', 'no answer', '', NOW(3), 5000, 0),
      (${bytes(quarantined)}, 1, 1, 2, 'operator-b', 'accepted', '', '', NOW(3), 12, 0),
      (${bytes(ended)}, 4, 1, 1, 'operator-a', 'rejected', 'invalid number', '', NOW(3), 3, 0)`,
  )
  const bulk = newIdOf(db)()
  await look(db, sql`INSERT INTO bulks VALUES (${bytes(bulk)}, 3, FALSE, 3, 2, 1, 3, NOW(3), NULL)`)
  await look(
    db,
    sql`INSERT INTO bulk_messages VALUES (${bytes(bulk)}, 0, ${bytes(ready)}), (${bytes(bulk)}, 2, ${bytes(scheduled)})`,
  )

  await fund(db, 4, 1_000)
  await turnFeedOn(db, 4)
  const told = await send(4, 2)
  await change(DONE, told, 1)
  await appendOne(db, told, 1, 'message.sent')
  await sequenceAll(db)
  await change(FAILED, told, 2)
  await refund(4, told, 2)
  await appendOne(db, told, 2, 'message.failed')
  await removeRow(told)

  // However long it took to arrange them.
  await look(
    db,
    sql`UPDATE sms_requests SET guaranteed_by = created_at + INTERVAL 1 HOUR WHERE guaranteed_by IS NOT NULL`,
  )

  await keepKey(db, { userId: 3, route: 'messages', names: ready })
  await keepKey(db, { userId: 1, route: 'sms/send', names: ended })
  // An older one, whose message may have been dropped; and one of another route, which names no message.
  await keepKey(db, { userId: 2, route: 'messages', keptHours: -1 })
  await keepKey(db, { userId: 2, route: 'messages/bulk' })
  return { ended, express, cancelled, ready, sending, merged, scheduled, quarantined, bulk, told }
}

function appendOne(
  db: Db,
  smsIdentifier: string,
  recipientNo: number,
  type: MessageEventType,
): Promise<void> {
  return transact(db, 'test.event', (tx) =>
    appendEvents(tx, [{ userId: 4, smsIdentifier, recipientNo, type, makesEvents: 1 }]),
  )
}

interface KeptKey {
  userId: number
  route: string
  key?: string
  /** No message by default. */
  names?: string
  keptHours?: number
}

/** Inserts an idempotency key. */
export function keepKey(
  db: Db,
  { userId, route, key = 'k', names = '01a1fdd7-ed8e-7260-96e0-d7fe1f915137', keptHours = 24 }: KeptKey,
): Promise<unknown> {
  return look(
    db,
    sql`INSERT INTO idempotency_keys (user_id, route, is_test, idempotency_key, fingerprint, identifier, status, answer,
        created_at, kept_until)
      VALUES (${userId}, ${route}, FALSE, ${key}, REPEAT('f', 32), ${bytes(names)}, 202, '{}', NOW(3),
        NOW(3) + INTERVAL ${keptHours} HOUR)`,
  )
}

/** A merged row when it has several ranges, and otherwise a row of one request. */
export function appendRow(db: Db, ranges: RecipientRange[], order: RowOrder): Promise<void> {
  const row = { id: newIdOf(db)(), type: 'normal' as const, ranges, order, isMerged: ranges.length > 1 }
  return transact(db, 'test.append', (tx) => append(tx, [row]))
}
