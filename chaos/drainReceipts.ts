import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { retryOrphans } from '../src/receipts/index.ts'
import { read, transact } from '../src/platform/db/index.ts'
import type { Db } from '../src/platform/db/index.ts'
import { identifierFromBytes } from '../src/primitives/identifier.ts'
import type { EngineStage } from './stage/stage.ts'

/** Receipts leave some seconds after their messages, and again every five while a link is silent. */
const TIMEOUT_MS = 60_000
const LOOK_MS = 250
/** Above the time after which a receipt may be taken for a repeat of one that was applied. */
const AGE_MS = 2_500

/**
 * Waits until every receipt was answered as stored, then has those tried once more that matched nothing so far or could
 * not be applied: what an operator of the engine does with `npm run receipts -- retry --all`, and what the engine does by
 * itself within a day. @returns what was not over in time, one line each.
 */
export async function drainReceipts(stage: EngineStage): Promise<string[]> {
  const { db } = stage
  const unsent = await untilNone(() => countUnsent(stage))
  await pause(AGE_MS)
  await retryOrphans(db, await findOrphans(db))
  await transact(db, 'chaos.receipts_due', async (tx) => {
    await sql`UPDATE waiting_receipts SET due_at = NOW(3) WHERE state = 'waiting'`.execute(tx)
  })
  const untried = await untilNone(() => count(db, sql`state = 'waiting' AND due_at <= NOW(3)`))
  return [
    ...(unsent > 0 ? [`${unsent} receipts were not answered as stored`] : []),
    ...(untried > 0 ? [`${untried} receipts that were due were not tried`] : []),
  ]
}

async function untilNone(countLeft: () => Promise<number>): Promise<number> {
  const deadlineMs = performance.now() + TIMEOUT_MS
  for (;;) {
    const left = await countLeft()
    if (left === 0 || performance.now() > deadlineMs) return left
    await pause(LOOK_MS)
  }
}

async function countUnsent({ operators, testOperator }: EngineStage): Promise<number> {
  const summaries = await Promise.all([...operators, testOperator].map(({ admin }) => admin.summary()))
  return summaries.reduce(
    (sum, { receipts, smpp }) => sum + (receipts?.waiting ?? 0) + (smpp?.receipts.waiting ?? 0),
    0,
  )
}

async function findOrphans(db: Db): Promise<string[]> {
  const { rows } = await read(db, 'chaos.orphans', (reader) =>
    sql<{ id: Buffer }>`SELECT id FROM waiting_receipts WHERE state = 'orphan'`.execute(reader),
  )
  return rows.map(({ id }) => identifierFromBytes(id))
}

async function count(db: Db, where: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await read(db, 'chaos.receipts', (reader) =>
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM waiting_receipts WHERE ${where}`.execute(reader),
  )
  return Number(rows[0]?.n)
}
