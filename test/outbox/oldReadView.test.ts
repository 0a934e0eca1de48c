import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { claim } from '../../src/outbox/claim.ts'
import { append, lockFreeRows, lockRows, postpone } from '../../src/outbox/index.ts'
import { lookUp } from '../../src/outbox/lookUp.ts'
import { placeOf } from '../../src/outbox/place.ts'
import { databaseNowMs, read, transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { appendRow, rowsOf } from './rows.ts'

const ROWS = 20_000
const ROWS_PER_INSERT = 500
/** Two rows take up to 60, with their changes; the dead rows of both lanes take some 150 of the primary key alone. */
const FEW_PAGES_MAX = 110
/** Other work of the server counts too; the least of several is the statement's own. */
const TRIES = 10

/** Thousands of rows, and six operations ten times each. */
const VIEW_TIMEOUT_MS = 240_000

describe('beside an old read view, whose dead index entries cannot be purged', function () {
  this.timeout(300_000)
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
  })
  afterEach(() => stack.drop())

  /** Index pages that some work reads: what was claimed before counts, though it returns no row. */
  async function pagesOf(work: () => Promise<unknown>): Promise<number> {
    const counts: number[] = []
    for (let run = 0; run < TRIES; run++) {
      const before = await readPages()
      await work()
      counts.push((await readPages()) - before)
    }
    return Math.min(...counts)
  }

  async function readPages(): Promise<number> {
    const [row] = await look(
      db,
      sql<{ Value: string }>`SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_read_requests'`,
    )
    return Number(row?.Value)
  }

  /** Rows that were there and are gone, in both lanes, as after as many messages. */
  async function passThrough(): Promise<void> {
    const dueKey = Math.floor(databaseNowMs(db)) - 3_600_000
    for (let start = 0; start < ROWS; start += ROWS_PER_INSERT) {
      const rows = Array.from({ length: ROWS_PER_INSERT }, (_, index) => ({
        ...{ id: newIdOf(db)(), type: 'normal' as const },
        ranges: [{ smsIdentifier: newIdOf(db)(), first: 1, last: 1, userId: 1 }],
        order:
          index % 2 === 0
            ? { condition: 'ready' as const, tag: start + index }
            : { condition: 'waiting' as const, until: new Date(dueKey + start + index) },
      }))
      await transact(db, 'test.append', (tx) => append(tx, rows))
    }
    await look(db, sql`DELETE FROM outbox_events`)
  }

  /** Runs some work while a transaction's read view is older than all of it. */
  async function besideOldView(work: () => Promise<void>): Promise<void> {
    await read(
      db,
      'test.view',
      async (reader) => {
        // The server would end this session, and with it the view, while the others work.
        await sql`SET SESSION wait_timeout = ${sql.lit(VIEW_TIMEOUT_MS / 1_000)}`.execute(reader)
        await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`.execute(reader)
        await sql`START TRANSACTION WITH CONSISTENT SNAPSHOT`.execute(reader)
        await work()
        await sql`ROLLBACK`.execute(reader)
      },
      VIEW_TIMEOUT_MS,
    )
  }

  it('a look-up and a claim of either lane from where claims were read no dead entry', () =>
    besideOldView(async () => {
      await passThrough()
      const [from, nowKey] = [placeOf(ROWS), Math.floor(databaseNowMs(db)) * 1_000]
      const due = { condition: 'waiting' as const }
      const fromStart = [
        await pagesOf(() => lookUp(db, 'normal')),
        await pagesOf(() => claim(db, 'normal', 20, newIdOf(db))),
        await pagesOf(() => claim(db, 'normal', 20, newIdOf(db), due)),
      ]
      const fromPlace = [
        await pagesOf(() => lookUp(db, 'normal', { ready: from })),
        await pagesOf(() => claim(db, 'normal', 20, newIdOf(db), { from })),
        await pagesOf(() => claim(db, 'normal', 20, newIdOf(db), { ...due, from: placeOf(nowKey) })),
      ]
      const text = `${fromPlace.join()} pages from the place, ${fromStart.join()} from the beginning`
      fromPlace.forEach((pages, index) => assert.ok(pages * 2 < (fromStart[index] ?? 0), text))
    }))

  it('locks and moves of a few rows by their identifiers read no dead entry either', () =>
    besideOldView(async () => {
      await passThrough()
      for (const [name, pages] of Object.entries(await pagesOfSteps()))
        assert.ok(pages < FEW_PAGES_MAX, `${name}: ${pages} pages`)
    }))

  /** With few rows by its statistics, MySQL may read a whole index where it was asked for two keys. */
  async function pagesOfSteps(): Promise<Record<string, number>> {
    for (let tag = 0; tag < 2; tag++) await appendRow(db, { condition: 'ready', tag })
    await look(db, sql`ANALYZE TABLE outbox_events`)
    const outboxIds = (await rowsOf(db)).map(({ id }) => id)
    const postponed = outboxIds.map((outboxId) => ({ outboxId, until: { afterMs: 60_000 } }))
    const within = (step: (tx: Tx) => Promise<unknown>) => pagesOf(() => transact(db, 'test.step', step))
    return {
      lock: await within((tx) => lockRows(tx, outboxIds)),
      'lock free ones': await within((tx) => lockFreeRows(tx, outboxIds)),
      postpone: await within((tx) => postpone(tx, postponed)),
    }
  }
})
