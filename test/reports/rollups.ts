import { sql } from 'kysely'
import { startOf } from '../../src/reports/levels.ts'
import { addCells } from '../../src/reports/rollup.ts'
import type { Cell, Rollup } from '../../src/reports/rollup.ts'
import { addLatency } from '../../src/reports/sketch.ts'
import { addToLevels } from '../../src/reports/writeCells.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'

/** Messages as the fold counts them; whatever is left out is the usual. */
export interface Counted extends Partial<Omit<Cell, 'startedAtMs' | 'handoverMs' | 'deliveryMs'>> {
  userId: number
  at: string
  /** Of each hand-over and delivery, in milliseconds. */
  handoverMs?: number[]
  deliveryMs?: number[]
}

/** Adds them to the rows of every level, also to those of all customers. */
export async function insertRollups(db: Db, counted: readonly Counted[], foldedUntil: string): Promise<void> {
  const rollup: Rollup = new Map()
  addCells(rollup, counted.map(toCell))
  await transact(db, 'test', async (tx) => {
    await addToLevels(tx, rollup, Date.now())
    await sql`UPDATE report_positions SET folded_until = UNHEX(${positionAt(foldedUntil)})`.execute(tx)
  })
}

function toCell({ at, handoverMs = [], deliveryMs = [], messages = 1, ...others }: Counted): Cell {
  return {
    ...{ type: 'normal', operator: 'operator-a', country: 'IR', result: 'delivered', messages },
    ...{
      parts: messages,
      charged: messages,
      refunded: 0,
      cost: 0,
      costed: 0,
      startedAtMs: startOf(Date.parse(at), 60_000),
    },
    ...{ handovers: handoverMs.length, handoverMs: sumOf(handoverMs), handoverSketch: sketchOf(handoverMs) },
    ...{ deliveries: deliveryMs.length, deliveryMs: sumOf(deliveryMs), deliverySketch: sketchOf(deliveryMs) },
    ...others,
  }
}

function sumOf(latencies: number[]): number {
  return latencies.reduce((sum, ms) => sum + ms, 0)
}

function sketchOf(latencies: number[]): Map<number, number> {
  const sketch = new Map<number, number>()
  for (const ms of latencies) addLatency(sketch, ms)
  return sketch
}

/** The highest identifier of a time. */
function positionAt(time: string): string {
  return Date.parse(time).toString(16).padStart(12, '0').padEnd(32, 'f')
}
