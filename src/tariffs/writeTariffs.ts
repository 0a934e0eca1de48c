import { sql } from 'kysely'
import { dateTime } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { countCurrentTariffs } from './readTariffs.ts'
import type { Tariff } from './tariff.ts'

/** Captured at acceptance, unless it says otherwise. */
export type NewTariff = Omit<Tariff, 'id' | keyof Capture> & Partial<Capture>

type Capture = Pick<Tariff, 'charging' | 'receiptWaitSeconds'>

/** Each process keeps them in memory, some 550 bytes each, and reads all of them again after a change: 100 ms of CPU. */
export const TARIFFS_MAX = 20_000

/** @returns the id of the new row; undefined when there are too many. Creations must wait for each other. */
export async function insertTariff(
  tx: Tx,
  { userId, type, destinationPrefix, validFromMs, validUntilMs, per, price, ...capture }: NewTariff,
  tariffsMax = TARIFFS_MAX,
): Promise<number | undefined> {
  if ((await countCurrentTariffs(tx)) >= tariffsMax) return undefined
  const { charging = 'acceptance', receiptWaitSeconds = null, refundMissed = false } = capture
  const validUntil = validUntilMs === null ? null : dateTime(validUntilMs)
  const { insertId } = await sql`INSERT INTO tariffs
      (user_id, type, destination_prefix, valid_from, valid_until, per, price, charging, receipt_wait_seconds,
       refund_missed, created_at)
    VALUES (${userId}, ${type}, ${destinationPrefix}, ${dateTime(validFromMs)}, ${validUntil}, ${per}, ${price},
            ${charging}, ${receiptWaitSeconds}, ${refundMissed}, NOW(3))
  `.execute(tx)
  await raiseRevision(tx)
  return Number(insertId)
}

/** Ends a tariff at this time: the one change of a row. */
export async function endTariff(tx: Tx, id: number, validUntilMs: number): Promise<void> {
  await sql`UPDATE tariffs SET valid_until = ${dateTime(validUntilMs)} WHERE id = ${id}`.execute(tx)
  await raiseRevision(tx)
}

/** Makes every process read the tariffs again. */
async function raiseRevision(tx: Tx): Promise<void> {
  await sql`INSERT INTO tariffs_revision (id, revision) VALUES (1, 1)
    ON DUPLICATE KEY UPDATE revision = revision + 1`.execute(tx)
}
