import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { append, lockRows, postpone, removeRows } from '../../src/outbox/index.ts'
import type { OutboxRow, RowOrder } from '../../src/outbox/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Tx } from '../../src/platform/db/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { countReads } from '../support/countReads.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { rowsOf } from './rows.ts'

/** Other rows in the same lanes: a statement that reads more than its own rows counts them. */
const OTHERS_PER_LANE = 500
/** A settlement does not know the lane: it looks each row up by the primary key of each of the four partitions. */
const READS_PER_ROW_MAX = 10
/** The probe of the counters, and what a statement reads once. */
const READS_ONCE_MAX = 20

const READY: RowOrder = { condition: 'ready', tag: 1 }
const WAITING: RowOrder = { condition: 'waiting', until: { afterMs: 60_000 } }
const LANES = (['normal', 'express'] as const).flatMap((type) => [
  { type, order: READY },
  { type, order: WAITING },
])

describe('the statements that settle outbox rows by their identifiers alone', () => {
  let stack: Stack
  before(async () => {
    stack = await freshStack()
    for (const lane of LANES) await write(OTHERS_PER_LANE, lane)
  })
  after(() => stack.drop())

  async function write(count: number, lane: Pick<OutboxRow, 'type' | 'order'>): Promise<string[]> {
    const newId = newIdOf(stack.db)
    const rows = Array.from({ length: count }, () => ({
      ...{ id: newId(), ...lane },
      ranges: [{ smsIdentifier: newId(), first: 1, last: 1, userId: 1 }],
    }))
    await transact(stack.db, 'test.append', (tx) => append(tx, rows))
    return rows.map(({ id }) => id)
  }

  const until = { afterMs: 90_000 }
  const statements: [string, (tx: Tx, ids: string[]) => Promise<void>][] = [
    ['lock', lockRows],
    [
      'postpone',
      (tx, ids) =>
        postpone(
          tx,
          ids.map((outboxId) => ({ outboxId, until })),
        ),
    ],
    ['remove', removeRows],
  ]
  for (const count of [1, 2, 100])
    for (const statistics of ['old', 'new'])
      it(`read only their own ${count} by the primary key of each partition, with ${statistics} statistics`, async () => {
        const ids = await write(count, { type: 'normal', order: READY })
        if (statistics === 'new') await look(stack.db, sql`ANALYZE TABLE outbox_events`)
        for (const [name, work] of statements) {
          const reads = await transact(stack.db, 'test.reads', (tx) => countReads(tx, () => work(tx, ids)))
          assert.ok(reads <= READS_PER_ROW_MAX * count + READS_ONCE_MAX, `${name} read ${reads}`)
        }
        const left = new Set((await rowsOf(stack.db)).map(({ id }) => id))
        assert.deepEqual([left.size, ids.some((id) => left.has(id))], [LANES.length * OTHERS_PER_LANE, false])
      })
})
