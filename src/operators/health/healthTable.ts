import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { list, nowMsIn } from '../../platform/db/index.ts'
import type { Reader, Tx } from '../../platform/db/index.ts'
import { SLOT_SECONDS } from './slot.ts'
import type { HealthCounts, HealthKey, SlotRow } from './slot.ts'

/** What a process that starts reads, so that it comes to the shares that the others have. */
const KEPT_SLOTS = 600 / SLOT_SECONDS
/** Every process adds its counts once a second: a slot that is over for this long is complete. */
const OPEN_SLOTS = 2
/** Of one reading; the rest follows at once. */
const ROWS_MAX = 20_000
const REMOVED_MAX = 5_000
const ROWS_PER_INSERT = 1_000

/** Adds the counts of this process to the present slot. */
export async function addCounts(tx: Tx, counts: readonly (HealthKey & HealthCounts)[]): Promise<void> {
  const slot = presentSlot(tx)
  // In the order of the key, as all processes write them.
  const sorted = counts.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  for (let start = 0; start < sorted.length; start += ROWS_PER_INSERT) {
    const rows = sorted.slice(start, start + ROWS_PER_INSERT).map((each) => {
      const { normal, express } = each.calls
      return [
        ...[slot, each.prefix, each.operator],
        ...[normal.accepted, normal.failed, Math.round(normal.latencyMs)],
        ...[express.accepted, express.failed, Math.round(express.latencyMs)],
        ...[each.delivered, each.undelivered],
      ]
    })
    const sums = COLUMNS.map((name) => sql`${sql.ref(name)} = ${sql.ref(name)} + VALUES(${sql.ref(name)})`)
    await sql`INSERT INTO operator_health (slot, prefix, operator, ${columns()})
      VALUES ${list(rows)} ON DUPLICATE KEY UPDATE ${sql.join(sums)}`.execute(tx)
  }
}

/** Where a reading goes on. */
export interface SlotPosition {
  /** The last slot of which all rows were read. */
  slot: number
  /** Rows of the next one that were read: a slot may have more rows than one reading takes. */
  begun: readonly SlotRow[]
}

/** Rows of complete slots in their order: all rows of those after `from` and up to `next.slot`. */
interface SlotsRead {
  rows: SlotRow[]
  from: number
  next: SlotPosition
  hasMore: boolean
}

/** @param after null for all that is kept. */
export async function readSlots(
  reader: Reader,
  after: SlotPosition | null,
  rowsMax = ROWS_MAX,
): Promise<SlotsRead> {
  const present = presentSlot(reader)
  const from = Math.max(after?.slot ?? 0, present - KEPT_SLOTS)
  const complete = present - OPEN_SLOTS
  const begun = (after?.begun ?? []).filter(({ slot }) => slot > from)
  if (complete <= from) return { rows: [], from, next: { slot: from, begun }, hasMore: false }
  const { rows } = await sql<StoredSlot>`
    SELECT slot, prefix, operator, ${columns()} FROM operator_health FORCE INDEX (PRIMARY)
    WHERE ${isAfter(from, begun.at(-1))} AND slot <= ${sql.lit(complete)}
    ORDER BY slot, prefix, operator LIMIT ${sql.lit(rowsMax)}`.execute(reader)
  const last = rows.at(-1)
  const hasMore = last !== undefined && rows.length === rowsMax
  // The last slot of a reading that is full may have more rows.
  const slot = hasMore ? last.slot - 1 : complete
  const [whole, rest] = splitAt(slot, [...begun, ...rows.map(toSlotRow)])
  return { rows: whole, from, next: { slot, begun: rest }, hasMore }
}

function isAfter(from: number, last: SlotRow | undefined): RawBuilder<unknown> {
  if (!last) return sql`slot > ${sql.lit(from)}`
  const { slot, prefix, operator } = last
  return sql`(slot > ${sql.lit(slot)} OR (slot = ${sql.lit(slot)}
    AND (prefix > ${prefix} OR (prefix = ${prefix} AND operator > ${operator}))))`
}

function splitAt(until: number, rows: SlotRow[]): [whole: SlotRow[], rest: SlotRow[]] {
  const count = rows.findIndex(({ slot }) => slot > until)
  return count === -1 ? [rows, []] : [rows.slice(0, count), rows.slice(count)]
}

/** Deletes slots that nothing reads any more. @returns whether there may be more. */
export async function removeOldSlots(tx: Tx): Promise<boolean> {
  const { numAffectedRows } = await sql`DELETE FROM operator_health
    WHERE slot < ${sql.lit(presentSlot(tx) - KEPT_SLOTS)} ORDER BY slot LIMIT ${sql.lit(REMOVED_MAX)}`.execute(
    tx,
  )
  return Number(numAffectedRows) === REMOVED_MAX
}

const COLUMNS = [
  ...(['accepted', 'failed', 'latency_ms'] as const),
  ...(['express_accepted', 'express_failed', 'express_latency_ms', 'delivered', 'undelivered'] as const),
]
const columns = () => sql.join(COLUMNS.map((name) => sql.ref(name)))

type StoredSlot = Record<(typeof COLUMNS)[number], number> & HealthKey & { slot: number }

function toSlotRow({ slot, prefix, operator, delivered, undelivered, ...row }: StoredSlot): SlotRow {
  const normal = { accepted: row.accepted, failed: row.failed, latencyMs: row.latency_ms }
  const express = {
    ...{ accepted: row.express_accepted, failed: row.express_failed },
    latencyMs: row.express_latency_ms,
  }
  return { slot, prefix, operator, calls: { normal, express }, delivered, undelivered }
}

function presentSlot(reader: Reader): number {
  return Math.floor(nowMsIn(reader) / 1_000 / SLOT_SECONDS)
}

function keyOf({ prefix, operator }: HealthKey): string {
  return `${prefix} ${operator}`
}
