import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { append } from '../../src/outbox/index.ts'
import type { RecipientRange, RowOrder } from '../../src/outbox/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { refundOne } from '../ledger/refundOne.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { emptyTables } from '../support/servers.ts'

/** Messages in every state that the engine leaves behind, by their identifiers. */
export interface VariedTables {
  /** Customer 1, normal: recipients 1 to 3 done, 4 failed and refunded. */
  ended: string
  /** Customer 2, express: both done; recipient 2 was submitted twice. */
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

  const express = await send(2, 2, 'express')
  await change(DONE, express, 1)
  await change(sql`${DONE}, unconfirmed = 2, possibly_sent = TRUE, possible_duplicate = TRUE`, express, 2)
  await removeRow(express)

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
  return { ended, express, cancelled, ready, sending, merged, scheduled, quarantined }
}

/** A merged row when it has several ranges, and otherwise a row of one request. */
export function appendRow(db: Db, ranges: RecipientRange[], order: RowOrder): Promise<void> {
  const row = { id: newIdOf(db)(), type: 'normal' as const, ranges, order, isMerged: ranges.length > 1 }
  return transact(db, 'test.append', (tx) => append(tx, [row]))
}
