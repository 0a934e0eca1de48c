import type { ReportResult } from '../../../db/schema.ts'
import type { Periods } from './periods.ts'
import type { Group, RollupRow } from './rows.ts'
import { addEncoded, openCounts, percentilesOf } from '../sketch.ts'

/** How long something took, in milliseconds; percentiles are at most 2.5 % off. */
export interface Latency {
  count: number
  sumMs: number
  /** Where sketches were read and there is any. */
  percentiles?: { p50: number; p95: number; p99: number }
}

/** What was counted in one period, of one value of each group. */
export interface Point extends Pick<RollupRow, 'type' | 'operator' | 'country' | 'customer'> {
  /** Of the period. */
  index: number
  status?: ReportResult
  messages: number
  results: Record<ReportResult, number>
  parts: number
  charged: number
  refunded: number
  /** What operators charge, and of how many messages that is known. */
  cost: number
  costed: number
  handover: Latency
  delivery: Latency
}

const SHARES = [0.5, 0.95, 0.99]

/** The rows of one period. */
export interface PeriodRows {
  index: number
  rows: readonly RollupRow[]
  /** Rows that those above contain too many. */
  without?: readonly RollupRow[]
}

/** @param rows in the order of time. @returns the rows of each period that has some. */
export function byTime(rows: readonly RollupRow[], periods: Periods): PeriodRows[] {
  const divided: PeriodRows[] = []
  let first = 0
  for (let index = 0; first < rows.length && index < periods.starts.length; index++) {
    const endSeconds = (periods.starts[index + 1] ?? periods.endMs) / 1_000
    let end = first
    while (end < rows.length && (rows[end] as RollupRow).started_at < endSeconds) end++
    if (end > first) divided.push({ index, rows: rows.slice(first, end) })
    first = end
  }
  return divided
}

/** @returns a point for each period and value of the groups that has messages, in the order of time and of the groups. */
export function sumRows(divided: readonly PeriodRows[], groups: readonly (Group | 'customer')[]): Point[] {
  return divided.flatMap((period) => sumPeriod(period, groups))
}

interface Open {
  point: Point
  handovers?: Float64Array
  deliveries?: Float64Array
}

/** The counts of sketches live as long as their period is added up. */
function sumPeriod(
  { index, rows, without = [] }: PeriodRows,
  groups: readonly (Group | 'customer')[],
): Point[] {
  const found = new Map<string, Open>()
  const add = (row: RollupRow, sign: 1 | -1) => {
    const key = groups.map((group) => row[group]).join('\n')
    let open = found.get(key)
    if (!open) {
      const of = Object.fromEntries(groups.map((group) => [group, row[group]]))
      found.set(key, (open = { point: { ...emptyPoint(index), ...of } }))
    }
    addRow(open, row, sign)
  }
  for (const row of rows) add(row, 1)
  for (const row of without) add(row, -1)
  return [...found]
    .filter(([, { point }]) => without.length === 0 || point.messages !== 0)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, open]) => close(open))
}

function addRow(open: Open, row: RollupRow, sign: 1 | -1): void {
  const { point } = open
  point.messages += sign * row.messages
  point.results[row.status] += sign * row.messages
  point.parts += sign * (row.parts ?? 0)
  point.charged += sign * (row.charged ?? 0)
  point.refunded += sign * (row.refunded ?? 0)
  point.cost += sign * (row.cost ?? 0)
  point.costed += sign * (row.costed ?? 0)
  point.handover.count += sign * (row.handovers ?? 0)
  point.handover.sumMs += sign * (row.handover_ms ?? 0)
  point.delivery.count += sign * (row.deliveries ?? 0)
  point.delivery.sumMs += sign * (row.delivery_ms ?? 0)
  if (row.handover_sketch) addEncoded((open.handovers ??= openCounts()), row.handover_sketch, sign)
  if (row.delivery_sketch) addEncoded((open.deliveries ??= openCounts()), row.delivery_sketch, sign)
}

function close({ point, handovers, deliveries }: Open): Point {
  describe(point.handover, handovers)
  describe(point.delivery, deliveries)
  return point
}

function describe(latency: Latency, counts: Float64Array | undefined): void {
  const [p50, p95, p99] = counts ? percentilesOf(counts, SHARES).map((ms) => ms && Math.round(ms)) : []
  if (p50 !== undefined && p95 !== undefined && p99 !== undefined) latency.percentiles = { p50, p95, p99 }
}

export function emptyPoint(index: number): Point {
  return {
    ...{ index, messages: 0, parts: 0, charged: 0, refunded: 0, cost: 0, costed: 0 },
    results: { open: 0, sent: 0, delivered: 0, undelivered: 0, failed: 0, cancelled: 0 },
    ...{ handover: { count: 0, sumMs: 0 }, delivery: { count: 0, sumMs: 0 } },
  }
}
