import { sql } from 'kysely'
import type { Tx } from '../platform/db/index.ts'

/**
 * Gives a customer a counter of events, in the transaction that gives its events a place to go: the sequencer numbers
 * only events that have one.
 */
export async function ensureSequence(tx: Tx, userId: number): Promise<void> {
  await sql`INSERT INTO event_sequences (user_id, last_seq) VALUES (${userId}, 0)
    ON DUPLICATE KEY UPDATE last_seq = event_sequences.last_seq`.execute(tx)
}
