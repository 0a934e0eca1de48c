import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { Tariffs } from '../../db/schema.ts'
import type { Reader } from '../platform/db/index.ts'
import type { Tariff } from './tariff.ts'

/** A tariff with the time of its row. */
export interface StoredTariff extends Tariff {
  createdAt: Date
}

/** Tariffs that have not ended, or ended a moment ago: clocks differ. */
const IS_CURRENT = sql<boolean>`(valid_until IS NULL OR valid_until > NOW(3) - INTERVAL 1 MINUTE)`

/** @returns the tariffs that a process needs for its prices, later ones included. */
export async function readCurrentTariffs(reader: Reader): Promise<Tariff[]> {
  const rows = await reader.selectFrom('tariffs').selectAll().where(IS_CURRENT).execute()
  return rows.map(toTariff)
}

/** How many of them there are. */
export async function countCurrentTariffs(reader: Reader): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM tariffs
    WHERE ${IS_CURRENT}`.execute(reader)
  return rows[0]?.count ?? 0
}

/** @returns the number that every change of a tariff raises; 0 before the first one. */
export async function readTariffsRevision(reader: Reader): Promise<number> {
  const row = await reader
    .selectFrom('tariffs_revision')
    .select('revision')
    .where('id', '=', 1)
    .executeTakeFirst()
  return row?.revision ?? 0
}

export async function findTariff(reader: Reader, id: number): Promise<StoredTariff | undefined> {
  const row = await reader.selectFrom('tariffs').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toStoredTariff(row)
}

/** Whether the customer has tariffs of its own or ever had. */
export async function hasTariffs(reader: Reader, userId: number): Promise<boolean> {
  const row = await reader
    .selectFrom('tariffs')
    .select('id')
    .where('user_id', '=', userId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export interface TariffsQuery {
  /** One customer's own; of all customers and for all by default. */
  userId?: number | undefined
  limit: number
  /** The id that ended the last page. */
  before?: number | undefined
}

/** @returns at most `limit` tariffs, newest first, ended ones included. */
export async function listTariffs(
  reader: Reader,
  { userId, limit, before }: TariffsQuery,
): Promise<StoredTariff[]> {
  let query = reader.selectFrom('tariffs').selectAll().orderBy('id', 'desc').limit(limit)
  if (userId !== undefined) query = query.where('user_id', '=', userId)
  if (before !== undefined) query = query.where('id', '<', before)
  return (await query.execute()).map(toStoredTariff)
}

function toStoredTariff(row: Selectable<Tariffs>): StoredTariff {
  return { ...toTariff(row), createdAt: row.created_at }
}

function toTariff(row: Selectable<Tariffs>): Tariff {
  return {
    id: row.id,
    userId: row.user_id,
    type: row.type,
    destinationPrefix: row.destination_prefix,
    validFromMs: row.valid_from.getTime(),
    validUntilMs: row.valid_until?.getTime() ?? null,
    per: row.per,
    price: row.price,
    refundMissed: row.refund_missed === 1,
    ...{ charging: row.charging, receiptWaitSeconds: row.receipt_wait_seconds },
  }
}
