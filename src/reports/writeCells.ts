import { sql } from 'kysely'
import { dateTime, keyIn, list } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import type { CellKey } from './contribution.ts'
import { LEVELS } from './levels.ts'
import type { Level } from './levels.ts'
import { coarsen, isNothing, textOf, withSums } from './rollup.ts'
import type { Cell, Rollup } from './rollup.ts'
import { decode, encode, merge } from './sketch.ts'
import type { Sketch } from './sketch.ts'

type Table = Level['table']

/**
 * Adds minutes to the rollups of all levels, for their customers and for all together, under the lock of the position.
 * Spans that are not kept any more stay as they are: some of their rows may be gone.
 */
export async function addToLevels(tx: Tx, minutes: Rollup, nowMs: number): Promise<void> {
  let rollup = minutes
  for (const level of LEVELS) {
    if (level !== LEVELS[0]) rollup = coarsen(rollup, level.lengthMs)
    await addToLevel(
      tx,
      level.table,
      withSums(rollup).filter((cell) => cell.startedAtMs >= nowMs - level.keptMs),
    )
  }
}

/** Far below max_allowed_packet: a row has 4 KB at most, and few have more than 200 bytes. */
const CELLS_PER_STATEMENT_MAX = 500

/** Adds to the rows of one level. A row that comes to no message is removed. */
export async function addToLevel(tx: Tx, table: Table, cells: readonly Cell[]): Promise<void> {
  const changed = cells.filter((cell) => !isNothing(cell)).sort(byKey)
  for (let start = 0; start < changed.length; start += CELLS_PER_STATEMENT_MAX)
    await addSome(tx, table, changed.slice(start, start + CELLS_PER_STATEMENT_MAX))
}

export const KEY = ['user_id', 'started_at', 'type', 'operator', 'country', 'result'] as const
const SUMS = [
  ...['messages', 'parts', 'charged', 'refunded', 'cost', 'costed'],
  ...['handovers', 'handover_ms', 'deliveries', 'delivery_ms'],
]

async function addSome(tx: Tx, table: Table, cells: readonly Cell[]): Promise<void> {
  const sketches = await readSketches(tx, table, cells.filter(hasLatencies))
  const rows = cells.map((cell): Value[] => [
    ...keyOf(cell),
    ...[cell.messages, cell.parts, cell.charged, cell.refunded, cell.cost, cell.costed],
    ...[cell.handovers, cell.handoverMs, cell.deliveries, cell.deliveryMs],
    ...sketchesOf(cell, sketches.get(textOf(cell))),
  ])
  const sums = SUMS.map((name) => sql`${sql.ref(name)} = ${sql.ref(name)} + VALUES(${sql.ref(name)})`)
  await sql`INSERT INTO ${sql.table(table)} (${sql.join([...KEY, ...SUMS].map((name) => sql.ref(name)))},
      handover_sketch, delivery_sketch)
    VALUES ${list(rows)} ON DUPLICATE KEY UPDATE ${sql.join(sums)},
      handover_sketch = COALESCE(VALUES(handover_sketch), handover_sketch),
      delivery_sketch = COALESCE(VALUES(delivery_sketch), delivery_sketch)`.execute(tx)
  const fewer = cells.filter(({ messages }) => messages <= 0)
  if (fewer.length > 0)
    await sql`DELETE FROM ${sql.table(table)} WHERE ${keyIn(KEY, fewer.map(keyOf))} AND messages = 0`.execute(
      tx,
    )
}

interface Sketches {
  handover: Sketch
  delivery: Sketch
}

async function readSketches(tx: Tx, table: Table, cells: readonly Cell[]): Promise<Map<string, Sketches>> {
  if (cells.length === 0) return new Map()
  const { rows } = await sql<{
    user_id: number
    started_at: Date
    type: Cell['type']
    operator: string
    country: string
    result: Cell['result']
    handover_sketch: Buffer | null
    delivery_sketch: Buffer | null
  }>`SELECT ${sql.join(KEY.map((name) => sql.ref(name)))}, handover_sketch, delivery_sketch
    FROM ${sql.table(table)} FORCE INDEX (PRIMARY) WHERE ${keyIn(KEY, cells.map(keyOf))}`.execute(tx)
  return new Map(
    rows.map(({ user_id: userId, started_at: startedAt, handover_sketch, delivery_sketch, ...key }) => [
      textOf({ ...key, userId, startedAtMs: startedAt.getTime() }),
      { handover: decode(handover_sketch), delivery: decode(delivery_sketch) },
    ]),
  )
}

/** Null leaves the row's as it is; one whose last latency was taken out has no bytes. */
function sketchesOf(cell: Cell, known: Sketches | undefined): Value[] {
  const sum = (added: Sketch, present: Sketch | undefined): Value => {
    if (added.size === 0) return null
    if (!present) return encode(added)
    merge(present, added)
    return encode(present) ?? Buffer.alloc(0)
  }
  return [sum(cell.handoverSketch, known?.handover), sum(cell.deliverySketch, known?.delivery)]
}

function hasLatencies({ handoverSketch, deliverySketch }: Cell): boolean {
  return handoverSketch.size + deliverySketch.size > 0
}

export function keyOf({ userId, startedAtMs, type, operator, country, result }: CellKey): Value[] {
  return [userId, dateTime(startedAtMs), type, operator, country, result]
}

/** As the key orders them: rows that lie together are written together. */
function byKey(one: Cell, other: Cell): number {
  return one.userId - other.userId || one.startedAtMs - other.startedAtMs
}
