import assert from 'node:assert/strict'
import { byEdges, edgesOf } from '../../../src/reports/read/dayEdges.ts'
import { periodsIn } from '../../../src/reports/read/periods.ts'
import type { RollupRow } from '../../../src/reports/read/rows.ts'
import { byTime, sumRows } from '../../../src/reports/read/sumRows.ts'
import { findTimeZone } from '../../../src/reports/read/timeZone.ts'
import { addLatency, encode } from '../../../src/reports/sketch.ts'
import type { Sketch } from '../../../src/reports/sketch.ts'
import { openRandom } from '../../../chaos/random.ts'

const DAY_MS = 86_400_000
const QUARTER_MS = 15 * 60_000
const STATES = ['sent', 'delivered', 'failed'] as const
const COUNTRIES = ['IR', 'DE'] as const

/** Rows of quarters with a message in each second one, and the rows of days that they add up to. */
function drawRows(fromMs: number, toMs: number): { quarters: RollupRow[]; days: RollupRow[] } {
  const random = openRandom(fromMs)
  const quarters: RollupRow[] = []
  const days = new Map<string, { row: RollupRow; sketch: Sketch }>()
  for (let atMs = fromMs; atMs < toMs; atMs += QUARTER_MS) {
    if (random.share() < 0.5) continue
    const [status, country] = [random.pick(STATES), random.pick(COUNTRIES)]
    const latencyMs = random.whole(1, 100_000)
    const sketch: Sketch = new Map()
    addLatency(sketch, latencyMs)
    const row = { started_at: atMs / 1_000, level: 'report_quarters' as const, status, country, messages: 1 }
    const figures = { charged: random.whole(0, 9), handovers: 1, handover_ms: latencyMs }
    quarters.push({ ...row, ...figures, handover_sketch: encode(sketch) })
    const dayMs = Math.floor(atMs / DAY_MS) * DAY_MS
    const day = days.get(`${dayMs} ${status} ${country}`) ?? {
      row: { ...row, started_at: dayMs / 1_000, level: 'report_days', messages: 0, charged: 0, handovers: 0 },
      sketch: new Map<number, number>(),
    }
    days.set(`${dayMs} ${status} ${country}`, day)
    day.row.messages++
    day.row.charged = (day.row.charged ?? 0) + figures.charged
    day.row.handovers = (day.row.handovers ?? 0) + 1
    day.row.handover_ms = (day.row.handover_ms ?? 0) + latencyMs
    addLatency(day.sketch, latencyMs)
  }
  const toRow = ({ row, sketch }: { row: RollupRow; sketch: Sketch }) => ({
    ...row,
    handover_sketch: encode(sketch),
  })
  return { quarters, days: [...days.values()].map(toRow) }
}

describe('days of UTC with edges', () => {
  for (const [name, from, to] of [
    ['Asia/Tehran', '2026-05-30T20:30:00Z', '2026-06-08T20:30:00Z'],
    ['America/New_York', '2026-03-05T05:00:00Z', '2026-03-12T04:00:00Z'],
    ['America/New_York', '2026-10-29T04:00:00Z', '2026-11-04T05:00:00Z'],
    ['Asia/Kathmandu', '2026-06-01T18:15:00Z', '2026-06-04T18:15:00Z'],
    ['Pacific/Kiritimati', '2026-06-01T10:00:00Z', '2026-06-03T10:00:00Z'],
    ['Pacific/Apia', '2011-12-28T10:00:00Z', '2012-01-02T10:00:00Z'],
    ['Pacific/Auckland', '2026-06-01T12:00:00Z', '2026-06-02T12:00:00Z'],
  ] as const) {
    it(`are the days of ${name} from ${from}`, () => {
      const zone = findTimeZone(name)
      assert.ok(zone)
      const range = { fromMs: Date.parse(from), toMs: Date.parse(to) }
      const periods = periodsIn('day', zone, range)
      const { quarters, days } = drawRows(
        Math.floor(range.fromMs / DAY_MS) * DAY_MS - 2 * DAY_MS,
        Math.ceil(range.toMs / DAY_MS) * DAY_MS + 2 * DAY_MS,
      )
      const within = quarters.filter(
        ({ started_at: at }) => at * 1_000 >= (periods.starts[0] ?? 0) && at * 1_000 < periods.endMs,
      )
      for (const keptFromMs of [-Infinity, Infinity]) {
        const edges = edgesOf(periods, keptFromMs)
        for (const groups of [[], ['country'], ['status', 'country']] as const)
          assert.deepEqual(
            sumRows(byEdges([...days, ...quarters], edges), groups).filter(({ messages }) => messages > 0),
            sumRows(byTime(within, periods), groups),
          )
      }
    })
  }
})
