import { sql } from 'kysely'
import type { Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import type { BulkKey } from './readBulk.ts'

export interface StoppedBulk {
  /** It was cancelled before all its messages were decided: the rest is refused. */
  isStopped: boolean
}

/**
 * Marks a bulk of which messages are not decided yet, so that they are refused. The caller has locked the customer's
 * balance, as each part does. @returns undefined for a bulk that this customer did not send.
 */
export async function stopBulk(tx: Tx, { userId, bulkId }: BulkKey): Promise<StoppedBulk | undefined> {
  const id = identifierToBytes(bulkId)
  await sql`
    UPDATE bulks SET cancelled_at = NOW(3)
    WHERE bulk_id = ${id} AND user_id = ${userId} AND cancelled_at IS NULL AND accepted + refused < messages
  `.execute(tx)
  const row = await tx
    .selectFrom('bulks')
    .select('cancelled_at')
    .where('bulk_id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row && { isStopped: row.cancelled_at !== null }
}

/** @returns whether its customer cancelled it; final under the lock of the balance. */
export async function isStopped(tx: Tx, bulkId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('bulks')
    .select('cancelled_at')
    .where('bulk_id', '=', identifierToBytes(bulkId))
    .executeTakeFirst()
  return row !== undefined && row.cancelled_at !== null
}
