import { sql } from 'kysely'
import { Unavailable } from '../../primitives/unavailable.ts'
import { BUSY } from './faults.ts'
import { transact } from './transact.ts'
import type { Db } from './pool.ts'
import type { Tx } from './session.ts'

/**
 * Refuses a database on which two relays would claim the same rows, because some accept SKIP LOCKED and ignore it. It
 * also refuses sessions that are not READ COMMITTED, whose claims would take gap locks.
 */
export async function selfTest(db: Db): Promise<void> {
  await transact(db, 'self_test', async (first) => {
    await assertReadCommitted(first)
    const heldId = await hold(first)
    if (heldId === undefined) throw new Error('the table skip_locked_probe is empty: run the migrations')
    if (!(await doesSkip(db, heldId))) {
      // The result is valid only if the lock was kept. A lost session means an unavailable database.
      await hold(first)
      throw new Error('it ignores FOR UPDATE SKIP LOCKED: two relays would send the same message')
    }
  })
}

async function hold(tx: Tx): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    SELECT id FROM skip_locked_probe ORDER BY id LIMIT 1 FOR UPDATE`.execute(tx)
  return rows[0]?.id
}

/** Whether another connection skips the locked row, instead of reading it or waiting for it. */
async function doesSkip(db: Db, heldId: number): Promise<boolean> {
  const lookPast = (second: Tx) =>
    sql<{ id: number }>`
    SELECT id FROM skip_locked_probe ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`.execute(second)
  try {
    const { rows } = await transact(db, 'self_test', lookPast, { triesMax: 1 })
    return !rows.some(({ id }) => id === heldId)
  } catch (error) {
    if (error instanceof Unavailable && error.code === BUSY) return false
    throw error
  }
}

async function assertReadCommitted(tx: Tx): Promise<void> {
  // MariaDB 10.11 knows the variable under its old name only; SHOW finds either.
  const { rows } = await sql<{ Value: string }>`SHOW SESSION VARIABLES WHERE Variable_name IN
    ('transaction_isolation', 'tx_isolation')`.execute(tx)
  if (!rows.some(({ Value }) => Value === 'READ-COMMITTED')) {
    throw new Error(`the session's isolation level is ${rows[0]?.Value ?? 'unknown'}, wanted READ-COMMITTED`)
  }
}
