import { sql } from 'kysely'
import type { Reader, Tx } from '../platform/db/index.ts'
import type { Account } from './accounts.ts'

/** What acceptance decides a customer's events by; it lies in the balance's row, which acceptance locks. */
export type EventSettings = Pick<Account, 'eventSinks' | 'lowBalance'>

/** @returns the settings without a lock; those of nothing for an unknown customer. */
export async function readEventSettings(reader: Reader, userId: number): Promise<EventSettings> {
  const row = await reader
    .selectFrom('user_balances')
    .select(['event_sinks', 'low_balance'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return { eventSinks: row?.event_sinks ?? 0, lowBalance: row?.low_balance ?? null }
}

/** Writes the settings of a customer whose row is locked. */
export async function writeEventSettings(
  tx: Tx,
  userId: number,
  { eventSinks, lowBalance }: EventSettings,
): Promise<void> {
  await sql`UPDATE user_balances SET event_sinks = ${eventSinks}, low_balance = ${lowBalance}
    WHERE user_id = ${userId}`.execute(tx)
}
