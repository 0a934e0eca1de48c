import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'

/** Removes what operators sent, which may name the number, of the receipts of some messages. What was read of it stays. */
export async function forgetRaw(tx: Tx, messages: readonly Identifier[]): Promise<void> {
  if (messages.length === 0) return
  await sql`UPDATE receipts SET raw = '' WHERE sms_identifier IN (${list(messages.map(identifierToBytes))})`.execute(
    tx,
  )
}
