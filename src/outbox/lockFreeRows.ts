import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { decode } from './readOldRows.ts'
import type { ReadRow } from './readOldRows.ts'

/**
 * Locks rows in the lock order, as far as they still exist and no other session locks them: a claim, a settlement or
 * another relay is at work with those.
 */
export async function lockFreeRows(tx: Tx, outboxIds: string[]): Promise<ReadRow[]> {
  if (outboxIds.length === 0) return []
  const { rows } = await sql<{ id: Buffer; payload: string }>`
    SELECT id, payload FROM outbox_events FORCE INDEX (PRIMARY)
    WHERE id IN (${list(outboxIds.map(identifierToBytes))}) ORDER BY id FOR UPDATE SKIP LOCKED`.execute(tx)
  return decode(rows)
}
