import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { addCounts, readSlots } from '../../../src/operators/health/healthTable.ts'
import type { SlotPosition } from '../../../src/operators/health/healthTable.ts'
import { noCounts } from '../../../src/operators/health/slot.ts'
import type { SlotRow } from '../../../src/operators/health/slot.ts'
import { read, transact } from '../../../src/platform/db/index.ts'
import { look } from '../../support/arrange.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

/** Of one reading. */
const ROWS_MAX = 20_000

describe('the slots of operator health', () => {
  let stack: Stack
  beforeEach(async () => (stack = await freshStack()))
  afterEach(() => stack.drop())

  /** Rows of a slot that ended `ago` slots before the present one. */
  const plant = async (ago: number, count: number) => {
    const counts = Array.from({ length: count }, (_, i) => ({ prefix: String(i % 100), operator: `o${i}` }))
    await transact(stack.db, 'test.plant', (tx) =>
      addCounts(
        tx,
        counts.map((key) => ({ ...key, ...noCounts(), delivered: 1 })),
      ),
    )
    await look(
      stack.db,
      sql`UPDATE operator_health SET slot = slot - ${sql.lit(ago)}, undelivered = 1 WHERE undelivered = 0`,
    )
  }
  const readAll = async (rowsMax?: number) => {
    const [rows, readings]: [SlotRow[], number[]] = [[], []]
    let after: SlotPosition | null = null
    for (let hasMore = true; hasMore;) {
      const slots = await read(stack.db, 'test.slots', (reader) => readSlots(reader, after, rowsMax))
      assert.ok(slots.rows.every(({ slot }) => slot > slots.from && slot <= slots.next.slot))
      rows.push(...slots.rows)
      readings.push(slots.rows.length)
      ;[after, hasMore] = [slots.next, slots.hasMore]
    }
    return { keys: rows.map(({ slot, prefix, operator }) => `${slot} ${prefix} ${operator}`), readings }
  }

  it('are read whole where the first has more rows than one reading takes, with those after it', async () => {
    await plant(20, ROWS_MAX + 1)
    await plant(10, 2)
    const { keys, readings } = await readAll()
    assert.equal(new Set(keys).size, ROWS_MAX + 3)
    assert.deepEqual(readings, [0, ROWS_MAX + 3])
  })

  it('come in whole slots and in the same order, however few rows a reading takes', async () => {
    for (const [ago, count] of [
      [40, 7],
      [39, 1],
      [30, 6],
      [10, 3],
    ] as const)
      await plant(ago, count)
    const { keys } = await readAll()
    assert.equal(keys.length, 17)
    for (const rowsMax of [1, 2, 3, 6, 7]) assert.deepEqual((await readAll(rowsMax)).keys, keys)
  })
})
