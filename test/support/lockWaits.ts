import { sql } from 'kysely'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { look } from './arrange.ts'
import { eventually } from './eventually.ts'

const HOLD_TIMEOUT_MS = 60_000

/**
 * Resolves when as many sessions of this database wait for a lock: twice in a row each is seen at the same statement that
 * locks. Whether a lock is the reason only a privileged user may read.
 */
export async function untilWaiting(db: Db, sessions: number): Promise<void> {
  let before = ''
  await eventually(`${sessions} sessions wait for a lock`, async () => {
    const rows = await look(
      db,
      sql<{ id: number; info: string }>`SELECT id, info FROM information_schema.processlist
        WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%FOR UPDATE%' ORDER BY id`,
    )
    const [last, now] = [before, JSON.stringify(rows)]
    before = now
    return rows.length === sessions && now === last
  })
}

/** Locks rows in a transaction of its own until the returned function is called. */
export async function holdRows(db: Db, select: ReturnType<typeof sql>): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const holding = transact(
    db,
    'test.hold_rows',
    async (tx) => {
      await sql`${select} FOR UPDATE`.execute(tx)
      held.resolve()
      await over.promise
    },
    { timeoutMs: HOLD_TIMEOUT_MS },
  )
  await Promise.race([held.promise, holding])
  return () => {
    over.resolve()
    return holding
  }
}
