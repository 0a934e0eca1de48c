import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { RemovedKind } from '../../db/schema.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'

/** What all identifiers below are removed or about to be; null while nothing is. */
export interface HistoryBegins {
  messages: Identifier | null
  ledger: Identifier | null
}

/**
 * Where messages and ledger begin, by two look-ups in a table of some rows. What lies below may still be there until
 * its partitions are dropped, and counts as removed.
 */
export async function readHistoryBegins(reader: Reader): Promise<HistoryBegins> {
  const { rows } = await sql<Record<RemovedKind, Buffer | null>>`
    SELECT ${latest('messages', sql`state IN ('closing', 'dropped')`)} AS messages,
           ${latest('ledger', sql`state IN ('closing', 'dropped')`)} AS ledger`.execute(reader)
  const [row] = rows
  return { messages: toIdentifier(row?.messages), ledger: toIdentifier(row?.ledger) }
}

/**
 * @returns below what no message changes any more: weeks that are sealed, about to be removed, or removed. Under a shared
 * lock, so that no week is sealed before this transaction ends.
 */
export async function lockRemoved(tx: Tx): Promise<Identifier | null> {
  const { rows } = await sql<{ below: Buffer; is_sealed: number }>`
    SELECT below, state <> 'checking' AS is_sealed FROM removed_weeks FORCE INDEX (PRIMARY)
    WHERE kind = 'messages' ORDER BY kind DESC, below DESC LIMIT 2 LOCK IN SHARE MODE`.execute(tx)
  return toIdentifier(rows.find(({ is_sealed }) => is_sealed)?.below)
}

function latest(kind: RemovedKind, condition: RawBuilder<unknown>): RawBuilder<Buffer | null> {
  return sql`(SELECT MAX(below) FROM removed_weeks WHERE kind = ${kind} AND ${condition})`
}

function toIdentifier(bytes: Buffer | null | undefined): Identifier | null {
  return bytes ? identifierFromBytes(bytes) : null
}
