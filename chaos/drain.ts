import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { read } from '../src/platform/db/index.ts'
import type { Db } from '../src/platform/db/index.ts'

/**
 * A published row comes due again after a minute. Another round and the attempts of what no operator took follow.
 */
const TIMEOUT_MS = 240_000
const LOOK_MS = 1_000

/** Waits until everything accepted has ended. @returns how many have not when the time was over. */
export async function drain(db: Db, say: (line: string) => void): Promise<number> {
  const deadlineMs = performance.now() + TIMEOUT_MS
  for (;;) {
    const open = await countOpenRows(db)
    if (open === 0 || performance.now() > deadlineMs) return open
    say(`waiting for ${open} outbox rows to be settled`)
    await pause(LOOK_MS)
  }
}

/** Each unfinished recipient is referenced by an outbox row, which the audit proves. */
export async function countOpenRows(db: Db): Promise<number> {
  const { rows } = await read(db, 'chaos.open', (reader) =>
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM outbox_events`.execute(reader),
  )
  return Number(rows[0]?.n)
}
