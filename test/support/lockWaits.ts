import { sql } from 'kysely'
import { transact } from '../../src/platform/db/index.ts'
import { distrustPresentSessions } from '../../src/platform/db/pool.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'
import { look } from './arrange.ts'
import { eventually } from './eventually.ts'

/** How long a transaction is held open at most, whatever the test does meanwhile. */
export const HOLD_TIMEOUT_MS = 60_000
/** A session that only lost its processor for a moment is seen at its statement as well. */
const LOOKS_ALIKE_MIN = 10
const ALIKE_MIN_MS = 100
/** Longer than a transaction may take (8 s by default): what waits for a lock has it, or its transaction ends. */
const WITHOUT_END_SECONDS = 50

/** A setting of sessions whose waits for a lock do not end by themselves. */
export const WAITS_WITHOUT_END = [`SET innodb_lock_wait_timeout = ${WITHOUT_END_SECONDS}`]

/** What begins after it waits this long for a lock. */
export function setLockWait(db: Db, seconds = WITHOUT_END_SECONDS): void {
  db.settings.sessionStatements = [`SET innodb_lock_wait_timeout = ${seconds}`]
  distrustPresentSessions(db)
}

/**
 * Resolves when as many sessions of this database wait for a lock: again and again each is seen at the same statement that
 * locks. Whether a lock is the reason only a privileged user may read.
 */
export async function untilWaiting(db: Db, sessions: number): Promise<void> {
  let [before, alike, sinceMs] = ['', 0, 0]
  await eventually(`${sessions} sessions wait for a lock`, async () => {
    const rows = await look(
      db,
      sql<{ id: number; info: string }>`SELECT id, info FROM information_schema.processlist
        WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%FOR UPDATE%' ORDER BY id`,
    )
    const [last, now] = [before, JSON.stringify(rows)]
    before = now
    if (now !== last) [alike, sinceMs] = [0, performance.now()]
    alike += 1
    return rows.length === sessions && alike >= LOOKS_ALIKE_MIN && performance.now() - sinceMs >= ALIKE_MIN_MS
  })
}

/** For a transaction that holds locks and does nothing: the server would end its session after 10 s. */
export async function mayStayIdle(tx: Tx): Promise<void> {
  await sql`SET SESSION wait_timeout = 120`.execute(tx)
}

/** Locks rows in a transaction of its own until the returned function is called. */
export async function holdRows(db: Db, select: ReturnType<typeof sql>): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const holding = transact(
    db,
    'test.hold_rows',
    async (tx) => {
      await mayStayIdle(tx)
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
