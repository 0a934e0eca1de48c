import { sql } from 'kysely'
import { keyIn } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'

export interface HoldKey {
  smsIdentifier: string
  recipientNo: number
}

export const KEY = ['sms_identifier', 'recipient_no'] as const
/** Keys in one statement. */
export const KEYS_MAX = 1_000

/** In key order, so that transactions lock them in one order. */
export function toKeys(holds: readonly HoldKey[]): [Buffer, number][] {
  return holds
    .map(({ smsIdentifier, recipientNo }): [Buffer, number] => [
      identifierToBytes(smsIdentifier),
      recipientNo,
    ])
    .sort(([a, no], [b, other]) => a.compare(b) || no - other)
}

/**
 * Prices that are captured or go back, in the transaction that locked their recipients. Of a price that went back before
 * there is no hold any more.
 */
export async function removeHolds(tx: Tx, holds: readonly HoldKey[]): Promise<void> {
  const keys = toKeys(holds)
  for (let start = 0; start < keys.length; start += KEYS_MAX)
    await sql`DELETE FROM holds WHERE ${keyIn(KEY, keys.slice(start, start + KEYS_MAX))}`.execute(tx)
}
