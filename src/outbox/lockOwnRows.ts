import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import { decodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'

/** An outbox row of one request alone. */
export interface OwnRow {
  outboxId: string
  ranges: RecipientRange[]
}

/**
 * Locks the own rows of a customer's requests in the lock order. Rows that another session locks, or that cannot be read,
 * are left out.
 */
export async function lockOwnRows(
  tx: Tx,
  { userId, smsIdentifiers }: { userId: number; smsIdentifiers: string[] },
): Promise<OwnRow[]> {
  const { rows } = await sql<{ id: Buffer; payload: string }>`
    SELECT id, payload FROM outbox_events FORCE INDEX (idx_outbox_user)
    WHERE user_id = ${userId} AND sms_identifier IN (${list(smsIdentifiers.map(identifierToBytes))})
    ORDER BY id
    FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows.flatMap(({ id, payload }) => {
    const ranges = decodeRanges(payload)
    return ranges ? [{ outboxId: identifierFromBytes(id), ranges }] : []
  })
}
