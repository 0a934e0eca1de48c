import assert from 'node:assert/strict'
import { planReport, planTotal } from '../../../src/reports/read/planReport.ts'
import type { ReportRequest } from '../../../src/reports/read/planReport.ts'
import { findTimeZone } from '../../../src/reports/read/timeZone.ts'

const NOW_MS = Date.parse('2026-06-15T12:00:00Z')
const DAY_MS = 86_400_000

function request(
  granularity: ReportRequest['granularity'],
  from: string,
  to: string,
  name = 'UTC',
): ReportRequest {
  const zone = findTimeZone(name)
  assert.ok(zone)
  return { granularity, zone, fromMs: Date.parse(from), toMs: Date.parse(to) }
}

function spansOf(plan: ReturnType<typeof planReport>): string[] {
  assert.equal(plan.kind, 'plan')
  return plan.kind === 'plan'
    ? plan.spans.map(({ level, fromMs, toMs }) =>
        [level.table, ...[fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 16))].join(' '),
      )
    : []
}

describe('planReport', () => {
  const plan = (...of: Parameters<typeof request>) => planReport(request(...of), NOW_MS)

  it('reads the coarsest level that has exactly the periods', () => {
    for (const [of, level] of [
      [['day', '2020-01-01T00:00:00Z', '2026-06-15T00:00:00Z'], 'report_days'],
      [['day', '2026-01-10T00:00:00Z', '2026-02-10T00:00:00Z', 'Europe/London'], 'report_days'],
      [['hour', '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z'], 'report_quarters'],
      [['minute', '2026-06-15T00:00:00Z', '2026-06-15T00:15:00Z'], 'report_minutes'],
    ] as [Parameters<typeof request>, string][])
      assert.match(spansOf(plan(...of)).join(), new RegExp(`^${level} `), of.join(' '))
  })

  it('reads days of UTC and edges for those of another zone', () => {
    assert.deepEqual(spansOf(plan('day', '2026-06-01T20:30:00Z', '2026-06-03T20:30:00Z', 'Asia/Tehran')), [
      'report_days 2026-06-02T00:00 2026-06-04T00:00',
      'report_quarters 2026-06-01T20:30 2026-06-02T00:00',
      'report_quarters 2026-06-02T20:30 2026-06-03T00:00',
      'report_quarters 2026-06-03T20:30 2026-06-04T00:00',
    ])
    // Quarters are kept from noon on: the edge before them is the other part of the day.
    assert.deepEqual(spansOf(plan('day', '2026-03-17T12:00:00Z', '2026-03-18T12:00:00Z', 'Etc/GMT-12')), [
      'report_quarters 2026-03-17T12:00 2026-03-18T00:00',
      'report_quarters 2026-03-18T00:00 2026-03-18T12:00',
    ])
  })

  it('refuses more than 10,000 points, and proposes the first granularity that has fewer', () => {
    const { kind, proposed } = plan('minute', '2026-06-08T12:00:00Z', '2026-06-15T12:00:00Z') as {
      kind: string
      proposed: string
    }
    assert.deepEqual([kind, proposed], ['too_many_points', 'hour'])
    const years = plan('minute', '2020-01-01T00:00:00Z', '2026-01-01T00:00:00Z') as { proposed: string }
    assert.equal(years.proposed, 'day')
    const centuries = plan('day', '2000-01-01T00:00:00Z', '2199-01-01T00:00:00Z') as { proposed?: string }
    assert.equal(centuries.proposed, undefined)
  })

  it('takes 10,000 points exactly', () => {
    const to = NOW_MS
    const at = (ms: number) => new Date(ms).toISOString()
    assert.equal(plan('minute', at(to - 10_000 * 60_000), at(to)).kind, 'plan')
    assert.equal(plan('minute', at(to - 10_001 * 60_000), at(to)).kind, 'too_many_points')
  })

  it('refuses what is not kept any more, and says from when on it is and what is', () => {
    const refused = (...of: Parameters<typeof request>) => {
      const {
        kind,
        keptFromMs = NaN,
        proposed,
      } = plan(...of) as { kind: string; keptFromMs?: number; proposed?: string }
      return [kind, (NOW_MS - keptFromMs) / DAY_MS, proposed]
    }
    const hour = (at: string) => [at, new Date(Date.parse(at) + 3_600_000).toISOString()] as const
    assert.deepEqual(refused('minute', ...hour('2026-06-07T11:59:00Z')), ['not_kept', 8, 'hour'])
    assert.equal(plan('minute', ...hour('2026-06-07T12:00:00Z')).kind, 'plan')
    assert.deepEqual(refused('minute', ...hour('2026-01-01T00:00:00Z')), ['not_kept', 8, 'day'])
    assert.deepEqual(refused('hour', ...hour('2026-03-17T11:00:00Z')), ['not_kept', 90, 'day'])
    assert.equal(plan('hour', ...hour('2026-03-17T12:00:00Z')).kind, 'plan')
    assert.deepEqual(refused('day', ...hour('2026-03-01T00:00:00Z'), 'Asia/Tehran'), ['not_kept', 90, 'utc'])
    assert.deepEqual(refused('hour', ...hour('2026-03-01T00:00:00Z'), 'Asia/Tehran'), ['not_kept', 90, 'utc'])
  })
})

describe('planTotal', () => {
  it('reads days within the range, and finer levels at its ends alone', () => {
    const plan = (...of: Parameters<typeof request>) => spansOf(planTotal(request(...of), NOW_MS))
    assert.deepEqual(plan('day', '2026-06-01T00:00:00Z', '2026-06-15T00:00:00Z'), [
      'report_days 2026-06-01T00:00 2026-06-15T00:00',
    ])
    assert.deepEqual(plan('day', '2026-06-01T20:30:00Z', '2026-06-05T20:30:00Z', 'Asia/Tehran'), [
      'report_quarters 2026-06-01T20:30 2026-06-02T00:00',
      'report_days 2026-06-02T00:00 2026-06-05T00:00',
      'report_quarters 2026-06-05T00:00 2026-06-05T20:30',
    ])
    assert.deepEqual(plan('minute', '2026-06-14T23:50:10Z', '2026-06-15T00:20:00Z'), [
      'report_minutes 2026-06-14T23:50 2026-06-15T00:00',
      'report_quarters 2026-06-15T00:00 2026-06-15T00:15',
      'report_minutes 2026-06-15T00:15 2026-06-15T00:20',
    ])
  })

  it('refuses a range whose finer end is not kept', () => {
    const hours = request('hour', '2020-01-01T07:00:00Z', '2026-06-15T00:00:00Z')
    assert.equal(planTotal(hours, NOW_MS).kind, 'not_kept')
    const days = request('day', '2020-01-01T07:00:00Z', '2026-06-15T00:00:00Z')
    assert.equal(planTotal(days, NOW_MS).kind, 'plan')
  })
})
