import { sql } from 'kysely'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { mayStayIdle } from './lockWaits.ts'

/** Some lock waits one after the other, and what is retried after them. */
const HOLD_TIMEOUT_MS = 40_000

/** Keeps a customer's balance locked, in a transaction of its own, until the returned function is called. */
export async function holdBalance(db: Db, userId: number): Promise<() => Promise<void>> {
  const isHeld = Promise.withResolvers<void>()
  const isOver = Promise.withResolvers<void>()
  const holding = transact(
    db,
    'test.hold',
    async (tx) => {
      await mayStayIdle(tx)
      await sql`SELECT 1 FROM user_balances WHERE user_id = ${userId} FOR UPDATE`.execute(tx)
      isHeld.resolve()
      await isOver.promise
    },
    { timeoutMs: HOLD_TIMEOUT_MS },
  )
  await Promise.race([isHeld.promise, holding])
  return () => {
    isOver.resolve()
    return holding
  }
}
