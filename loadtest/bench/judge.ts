import { CPU_BUDGET_MICROS, PARTS } from '../result.ts'
import type { Ratio, RunResult, TargetVerdict } from '../result.ts'
import { totalMicros } from '../report/cost.ts'
import { totalCores } from './describeRun.ts'
import { runNamed } from './findings.ts'
import type { Findings } from './findings.ts'
import { judgeDeadlines } from './judgeDeadlines.ts'
import { turnRatios, ratiosOf, S8_EMPTY, watchedRatios } from './ratios.ts'
import { isolationRatios } from './isolationRatios.ts'
import { hasMetBacklog } from './scenarios/expressBesideBacklog.ts'
import { THROTTLED_NAME } from './scenarios/throttled.ts'
import { isSustained, messagesPerSecond } from './measure/sustained.ts'
import { isEngine } from './stage/crew.ts'
import { OPERATOR_LATENCY_MS } from './stage/operators.ts'

// Compares the figures with their targets. The limits are the product's requirements and are not adjusted to
// measurements.

const S1_RATE_MIN = 1_500
const S2_RATE_MIN = 4_500
const RECEIPTS_RATE_MIN = 5_000
const REPORTS_P99_MAX_MS = 100
const S4_P99_BEYOND_OPERATOR_MAX_MS = 250
const S6_QUIET_CORES_MAX = 0.02
const S7_RSS_MAX_MIB = 300
const MIB = 1024 * 1024
export const S7_RSS_MAX_BYTES = S7_RSS_MAX_MIB * MIB
/** The runs whose memory is judged. */
const S7_RUNS = ['S1', 'S2', 'S3', 'S4']

export function judgeTargets(
  findings: Findings,
  { cores, isShort }: { cores: number; isShort: boolean },
): TargetVerdict[] {
  const ratios = ratiosOf(findings)
  return [
    judgeRate(findings, 'S1', S1_RATE_MIN, cores),
    judgeRatio('S1', ratios.s1),
    judgeRate(findings, 'S2', S2_RATE_MIN, cores),
    judgeRatio('S2', ratios.s2),
    judgeRatio('S3', ratios.s3),
    judgeExpress('S4', runNamed(findings, 'S4')),
    judgeRatio('S5', ratios.s5),
    judgeRatio('S6', ratios.s6Http),
    judgeRatio('S6', ratios.s6HandOver),
    judgeQuiet(findings),
    ...judgeMemory(findings, isShort),
    ...(ratios.s8.length > 0
      ? ratios.s8.map((ratio) => judgeRatio('S8', ratio))
      : [judgeRatio('S8', S8_EMPTY)]),
    // Judged only when it was measured; the short form leaves it out.
    ...(findings.auditLive ? [judgeRatio('audit', ratios.auditLive)] : []),
    ...judgeThrottled(runNamed(findings, THROTTLED_NAME)),
    ...judgeLimit(findings),
    ...judgeReceipts(findings),
    ...judgeReports(findings),
    ...judgeDeadlines(findings),
    ...[...turnRatios(findings), ...watchedRatios(findings), ...isolationRatios(findings)]
      .filter(hasTarget)
      .map((ratio) => judgeRatio(ratio.scenario, ratio)),
  ]
}

/** Some ratios are shown for comparison only. */
function hasTarget({ wantedAtLeast, wantedAtMost }: Ratio): boolean {
  return wantedAtLeast !== undefined || wantedAtMost !== undefined
}

export function judgeRatio(
  scenario: string,
  { title, ratio, wantedAtLeast, wantedAtMost }: Ratio,
): TargetVerdict {
  const target =
    wantedAtLeast === undefined ? `${title}: at most ${wantedAtMost}` : `${title}: at least ${wantedAtLeast}`
  if (!Number.isFinite(ratio)) return notMeasured(scenario, target)
  const isMet = ratio >= (wantedAtLeast ?? -Infinity) && ratio <= (wantedAtMost ?? Infinity)
  return { scenario, target, measured: ratio.toFixed(2), verdict: isMet ? 'met' : 'missed' }
}

function judgeRate(findings: Findings, name: string, rateMin: number, cores: number): TargetVerdict {
  const run = runNamed(findings, name)
  const target = `at least ${rateMin} messages/s with a flat backlog`
  if (!run) return notMeasured(name, target)
  const rate = messagesPerSecond(run)
  const isFlat = isSustained(run)
  const isMet = rate >= rateMin && isFlat
  return {
    ...{ scenario: name, target, verdict: isMet ? 'met' : 'missed' },
    measured: `${rate.toFixed(0)} messages/s, ${isFlat ? 'flat' : 'it did not hold'}`,
    ...(isMet ? {} : { limit: describeLimit(run, cores) }),
  }
}

function describeLimit({ cpu }: RunResult, cores: number): string {
  if (!cpu) return 'unknown: CPU time was not measured'
  const dearest = PARTS.map((part) => ({ part, micros: cpu[part]?.microsPerMessage ?? 0 }))
    .sort((a, b) => b.micros - a.micros)
    .slice(0, 3)
    .map(({ part, micros }) => `${part} ${micros.toFixed(0)}`)
  return (
    `${totalMicros(cpu)?.toFixed(0)} µs CPU a message (budget ${CPU_BUDGET_MICROS}), most in ${dearest.join(', ')}; ` +
    `${totalCores(cpu).toFixed(2)} of ${cores} cores busy`
  )
}

function judgeExpress(scenario: string, run: RunResult | undefined): TargetVerdict {
  const target = `express p99 from acceptance to hand-over below ${S4_P99_BEYOND_OPERATOR_MAX_MS} ms beyond the operator’s ${OPERATOR_LATENCY_MS}`
  const express = run?.handOver.express
  if (!express) return notMeasured(scenario, target)
  const beyondMs = express.p99Ms - OPERATOR_LATENCY_MS
  return {
    ...{ scenario, target, measured: `${beyondMs.toFixed(0)} ms (${express.count} messages)` },
    ...(hasMetBacklog(run)
      ? { verdict: beyondMs < S4_P99_BEYOND_OPERATOR_MAX_MS ? ('met' as const) : ('missed' as const) }
      : { verdict: 'not measured' as const, limit: 'the backlog was gone before the express load was over' }),
  }
}

function judgeReceipts({ receipts }: Findings): TargetVerdict[] {
  if (!receipts) return []
  const { storedPerSecond, appliedPerSecond, isClean } = receipts
  const isMet = storedPerSecond >= RECEIPTS_RATE_MIN && isClean
  return [
    {
      ...{ scenario: 'receipts', target: `at least ${RECEIPTS_RATE_MIN} receipts/s stored, and all applied` },
      verdict: isMet ? 'met' : 'missed',
      measured: `${storedPerSecond.toFixed(0)}/s stored, ${appliedPerSecond.toFixed(0)}/s stored and applied`,
    },
  ]
}

/** The slowest kind of report. */
function judgeReports({ reports }: Findings): TargetVerdict[] {
  if (!reports) return []
  return (['alone', 'beside'] as const).map((when) => {
    const slowest = reports[when].toSorted((a, b) => b.times.p99Ms - a.times.p99Ms)[0]
    const target = `any report of a customer, ${when === 'alone' ? 'alone' : 'beside S1'}: p99 below ${REPORTS_P99_MAX_MS} ms`
    if (!slowest) return notMeasured('reports', target)
    const { look, who, times } = slowest
    const verdict = times.p99Ms < REPORTS_P99_MAX_MS ? 'met' : 'missed'
    return {
      scenario: 'reports',
      target,
      measured: `${times.p99Ms.toFixed(0)} ms (${look}, ${who})`,
      verdict,
    }
  })
}

/** Express beside throttled normal traffic: each message finishes, and within the limit. */
function judgeThrottled(run: RunResult | undefined): TargetVerdict[] {
  if (!run) return []
  const { accepted, done = 0 } = run.recipients
  return [
    {
      ...{
        scenario: THROTTLED_NAME,
        target: 'no express message is lost',
        measured: `${done} of ${accepted} done`,
      },
      verdict: accepted > 0 && done === accepted ? 'met' : 'missed',
    },
    judgeExpress(THROTTLED_NAME, run),
  ]
}

/** The limit is exact across processes: neither more nor noticeably less. */
function judgeLimit({ limit }: Findings): TargetVerdict[] {
  if (!limit) return []
  const { accepted, atLeast, atMost } = limit
  const target = `one customer's parts over two API processes: ${atLeast} to ${atMost} accepted`
  const isMet = accepted >= atLeast && accepted <= atMost
  return [{ scenario: 'limit', target, measured: `${accepted}`, verdict: isMet ? 'met' : 'missed' }]
}

function judgeQuiet({ idle }: Findings): TargetVerdict {
  const target = `all roles together below ${S6_QUIET_CORES_MAX * 100} % of one core while nothing is sent`
  if (!idle) return notMeasured('S6', target)
  const { quietCores } = idle
  const isMet = quietCores < S6_QUIET_CORES_MAX
  return {
    scenario: 'S6',
    target,
    measured: `${(quietCores * 100).toFixed(2)} %`,
    verdict: isMet ? 'met' : 'missed',
  }
}

function judgeMemory(findings: Findings, isShort: boolean): TargetVerdict[] {
  const runs = S7_RUNS.flatMap((name) => runNamed(findings, name) ?? [])
  const below = `every process of the engine below ${S7_RSS_MAX_MIB} MiB in S1 to S4`
  const flat = 'memory of every process of the engine flat in S1 to S4'
  if (runs.length === 0) return [notMeasured('S7', below), notMeasured('S7', flat)]
  const roles = PARTS.filter(isEngine)
  const peaks = runs.flatMap(({ name, samples }) =>
    roles.map((role) => ({
      what: `${role} in ${name}`,
      mib: Math.max(0, ...samples.map(({ rssBytes }) => rssBytes[role] ?? 0)) / MIB,
    })),
  )
  const highest = peaks.reduce((a, b) => (b.mib > a.mib ? b : a))
  const growing = runs.flatMap(({ name, flat }) =>
    roles.flatMap((role) => {
      const figure = flat?.rssBytes[role]
      if (!figure || figure.isFlat) return []
      const mib = (bytes: number) => (bytes / MIB).toFixed(0)
      return [`${role} in ${name}: ${mib(figure.secondQuarter)} to ${mib(figure.lastQuarter)} MiB`]
    }),
  )
  const covered = runs.map(({ name }) => name).join(', ')
  return [
    {
      ...{
        scenario: 'S7',
        target: below,
        measured: `at most ${highest.mib.toFixed(0)} MiB, ${highest.what}`,
      },
      verdict: highest.mib < S7_RSS_MAX_MIB ? 'met' : 'missed',
    },
    {
      ...{ scenario: 'S7', target: flat, measured: growing.join('; ') || `flat in ${covered}` },
      // A new heap grows for some seconds in any case.
      verdict: isShort ? 'not measured' : growing.length === 0 ? 'met' : 'missed',
      ...(isShort ? { limit: 'the short form is over too soon to tell' } : {}),
    },
  ]
}

function notMeasured(scenario: string, target: string): TargetVerdict {
  return { scenario, target, measured: '', verdict: 'not measured' }
}
