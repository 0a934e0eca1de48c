import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { keyIn } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { KEY, KEYS_MAX, toKeys } from './removeHolds.ts'
import type { HoldKey } from './removeHolds.ts'

/** An operator took them: each waits for its receipt from now on. The transaction has locked their recipients. */
export function startReceiptWait(tx: Tx, holds: readonly HoldKey[]): Promise<void> {
  return setReleaseAt(tx, holds, sql`NOW(3) + INTERVAL receipt_wait_seconds SECOND`)
}

/** They are not delivered: the next step of the relay releases them. */
export function makeReleaseDue(tx: Tx, holds: readonly HoldKey[]): Promise<void> {
  return setReleaseAt(tx, holds, sql`NOW(3)`)
}

async function setReleaseAt(tx: Tx, holds: readonly HoldKey[], at: RawBuilder<unknown>): Promise<void> {
  const keys = toKeys(holds)
  for (let start = 0; start < keys.length; start += KEYS_MAX)
    await sql`UPDATE holds SET release_at = ${at}
      WHERE ${keyIn(KEY, keys.slice(start, start + KEYS_MAX))}`.execute(tx)
}
