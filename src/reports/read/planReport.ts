import type { Level } from '../levels.ts'
import { edgesOf, spansOfEdges } from './dayEdges.ts'
import type { DayEdge } from './dayEdges.ts'
import { GRANULARITIES, PERIOD_MS, periodsIn } from './periods.ts'
import type { Granularity, Periods, Range } from './periods.ts'
import { coverOf, keptFromMs, levelWithin } from './spans.ts'
import type { Span } from './spans.ts'
import type { TimeZone } from './timeZone.ts'

/** Of one answer: some megabytes of JSON, and more than a chart shows. */
export const POINTS_MAX = 10_000

export interface ReportRequest extends Range {
  granularity: Granularity
  zone: TimeZone
}

export interface ReportPlan {
  kind: 'plan'
  granularity: Granularity
  zone: TimeZone
  periods: Periods
  /** What is read: in the order of time, if there are no edges. */
  spans: Span[]
  /** Of days that are not those of UTC. */
  edges?: DayEdge[]
}

/** Why a report cannot be given, and what can. */
export type ReportRefusal =
  | { kind: 'too_many_points'; granularity: Granularity; points: number; proposed: Granularity | undefined }
  | { kind: 'not_kept'; granularity: Granularity; keptFromMs: number; proposed: Granularity | 'utc' }
  | {
      kind: 'too_large'
      granularity: Granularity
      proposed: Granularity | undefined
      /** Where a shorter range may end; undefined where not even its first period can be read. */
      readableToMs: number | undefined
    }

/** @returns the periods that the range touches and the level that has exactly them; or why there are none. */
export function planReport(request: ReportRequest, nowMs: number): ReportPlan | ReportRefusal {
  const { granularity, zone } = request
  // Before they are listed, because a range may be of centuries.
  const estimated = Math.floor((request.toMs - request.fromMs) / PERIOD_MS[granularity])
  if (estimated > POINTS_MAX + 1) return tooManyPoints(request, estimated)
  const periods = periodsIn(granularity, zone, request)
  if (periods.starts.length > POINTS_MAX) return tooManyPoints(request, periods.starts.length)
  const level = levelWithin([...periods.starts, periods.endMs])
  if (granularity === 'day' && level.table === 'report_quarters') {
    const edges = edgesOf(periods, keptFromMs(level, nowMs))
    return planKept({ kind: 'plan', granularity, zone, periods, spans: spansOfEdges(edges), edges }, nowMs)
  }
  const spans = [{ level, ...rangeOf(periods) }]
  return planKept({ kind: 'plan', granularity, zone, periods, spans }, nowMs)
}

/** The same for sums over the whole range, which need finer levels at its ends alone. */
export function planTotal(request: ReportRequest, nowMs: number): ReportPlan | ReportRefusal {
  const { granularity, zone, fromMs, toMs } = request
  const first = periodsIn(granularity, zone, { fromMs, toMs: fromMs + 1 })
  const last = periodsIn(granularity, zone, { fromMs: toMs - 1, toMs })
  const offsetsMs = [first.offsetsMs[0] ?? 0, last.offsetsMs.at(-1) ?? 0]
  const periods = { starts: first.starts.slice(0, 1), endMs: last.endMs, offsetsMs }
  const spans = coverOf(rangeOf(periods))
  return planKept({ kind: 'plan', granularity, zone, periods, spans }, nowMs)
}

/** @returns why an answer would have too many points. */
export function tooManyPoints(request: Omit<ReportRequest, 'zone'>, points: number): ReportRefusal {
  const { granularity } = request
  return { kind: 'too_many_points', granularity, points, proposed: coarserFor(request) }
}

/** @returns the first of the coarser granularities with which the range has few enough points. */
export function coarserFor({
  granularity,
  fromMs,
  toMs,
}: Omit<ReportRequest, 'zone'>): Granularity | undefined {
  const coarser = GRANULARITIES.slice(GRANULARITIES.indexOf(granularity) + 1)
  return coarser.find((each) => (toMs - fromMs) / PERIOD_MS[each] < POINTS_MAX)
}

/** @returns the range that periods are. */
export function rangeOf({ starts, endMs }: Periods): Range {
  return { fromMs: starts[0] ?? endMs, toMs: endMs }
}

function planKept(plan: ReportPlan, nowMs: number): ReportPlan | ReportRefusal {
  const gone = plan.spans.find(({ level, fromMs }) => fromMs < keptFromMs(level, nowMs))
  if (!gone) return plan
  const { granularity } = plan
  const proposed = proposeKept(plan, gone.level, nowMs)
  return { kind: 'not_kept', granularity, keptFromMs: keptFromMs(gone.level, nowMs), proposed }
}

/** Hours where they reach back far enough, and else days of UTC, which are kept for ever. */
function proposeKept({ granularity, zone, periods }: ReportPlan, gone: Level, nowMs: number) {
  const { fromMs } = rangeOf(periods)
  const hoursMs = LEVEL_OF_HOURS.keptMs - PERIOD_MS.hour
  if (granularity === 'minute' && gone !== LEVEL_OF_HOURS && fromMs >= nowMs - hoursMs) return 'hour'
  return granularity === 'day' || zone.name !== 'UTC' ? 'utc' : 'day'
}

const LEVEL_OF_HOURS = levelWithin([PERIOD_MS.hour])
