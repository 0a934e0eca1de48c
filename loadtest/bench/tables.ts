import type { Percentiles, ReportTable } from '../result.ts'
import { comparisonTables } from './against/describeComparison.ts'
import type {
  AuditLive,
  Comparison,
  Deadlines,
  EstimatesOf,
  Findings,
  ReportTimes,
  Shares,
} from './findings.ts'
import { medianRatio } from './measure/alternate.ts'
import { BOUND_PER_SECOND, WEIGHTS } from './scenarios/weights.ts'
import type { Turn } from './measure/alternate.ts'

const TIMES = ['p50 ms', 'p95 ms', 'p99 ms', 'count']

function times({ count, p50Ms, p95Ms, p99Ms }: Percentiles): (string | number)[] {
  return [...[p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(2)), count]
}

/** The tables of results that are not a run over time. */
export function listTables({
  turns,
  claims,
  idle,
  histories,
  auditLive,
  keyed = [],
  followed,
  watched = [],
  deadEndpoint,
  deadlines,
  reports,
  weights,
  estimates,
  baselines,
  statements = [],
}: Findings): ReportTable[] {
  return [
    ...(turns ? [turnsTable(turns)] : []),
    ...(claims
      ? [
          {
            title: `S5: a claim of ${claims.rowsPerClaim} rows`,
            columns: ['rows waiting', ...TIMES],
            rows: [claims.few, claims.many].map(({ rows, times: each }) => [rows, ...times(each)]),
          },
        ]
      : []),
    ...(idle ? [idleTable(idle)] : []),
    ...(histories
      ? [
          {
            title: 'S8: pages of history and balance',
            columns: ['look', 'customer', ...TIMES],
            rows: histories.flatMap(({ look, ofLargeCustomer, messages, large, small }) => [
              [look, `${ofLargeCustomer} of ${messages} messages`, ...times(large)],
              [look, '100 messages', ...times(small)],
            ]),
          },
        ]
      : []),
    ...(auditLive ? [auditTable(auditLive)] : []),
    ...[...keyed, ...(followed ? [followed] : [])].flatMap(comparisonTables),
    ...watchedTables(watched),
    ...(deadEndpoint ? [deadEndpointTable(deadEndpoint)] : []),
    ...(deadlines ? [deadlinesTable(deadlines)] : []),
    ...(reports ? [reportsTable(reports), ...comparisonTables(reports.comparison)] : []),
    ...(weights ? [weightsTable(weights)] : []),
    ...(estimates ? [estimatesTable(estimates)] : []),
    ...baselines.map(({ title, sweep }) => ({
      title: `sweep: ${title}`,
      columns: ['settings', 'messages/s'],
      rows: sweep.map(({ settings, messagesPerSecond: rate }) => [
        Object.entries(settings)
          .map(([name, value]) => `${name}=${value}`)
          .join(' '),
        rate.toFixed(0),
      ]),
    })),
    ...statements.map(({ title, costs }) => ({
      title: `${title}: the server's CPU by statement`,
      columns: ['statement', 'per second', 'µs each', 'µs a message'],
      rows: costs.map(({ statement, perSecond, microsEach, microsPerMessage }) => [
        ...[statement, perSecond.toFixed(1), microsEach.toFixed(0), microsPerMessage.toFixed(1)],
      ]),
    })),
  ]
}

function weightsTable({ plain, weighted }: NonNullable<Findings['weights']>): ReportTable {
  const rowOf = (what: string, { perSecond, boundPerSecond, isClean }: Shares) => [
    ...[what, ...perSecond.map((rate) => rate.toFixed(1)), boundPerSecond.toFixed(2)],
    isClean ? 'clean' : 'NOT CLEAN',
  ]
  return {
    title: 'weights: messages handed over a second',
    columns: [
      'customers',
      ...WEIGHTS.map((weight) => `of weight ${weight}`),
      `bound to ${BOUND_PER_SECOND}`,
      'audit',
    ],
    rows: [rowOf('without weights and bound', plain), rowOf('with them', weighted)],
  }
}

function idleTable({ engine, oneByOne }: NonNullable<Findings['idle']>): ReportTable {
  const builds = [['as it is', engine] as const, ['batch size 1', oneByOne] as const]
  return {
    title: 'S6: an idle system',
    columns: ['build', 'answer p50 ms', 'hand-over p50 ms'],
    rows: builds.map(([build, { http, handOverP50Ms }]) => [
      ...[build, http.p50Ms.toFixed(2), handOverP50Ms.toFixed(1)],
    ]),
  }
}

/** Throughput while it is watched, as ratios of one run. */
function watchedTables(watched: Comparison[]): ReportTable[] {
  if (watched.length === 0) return []
  const ratios = {
    title: 'S1 while it is watched: messages/s, to those unwatched',
    columns: ['with', 'ratio, the median of the turns', 'turns'],
    rows: [
      ['no traces and no page', '1.000', ''],
      ...watched.map(({ scenario, turns }) => [scenario, medianRatio(turns).toFixed(3), turns.length]),
    ],
  }
  return [ratios, ...watched.flatMap(comparisonTables)]
}

function turnsTable(turns: Turn[]): ReportTable {
  return {
    title: 'S2 and the database alone in turn: messages/s',
    columns: ['turn', 'the engine', 'the database, before and after', 'ratio'],
    rows: turns.map(({ rate, referenceRate }, index) => [
      ...[index + 1, rate.toFixed(0), referenceRate.toFixed(0), (rate / referenceRate).toFixed(2)],
    ]),
  }
}

function auditTable(live: AuditLive): ReportTable {
  const { messages, aloneRate, besideRate, isClean, seconds, peakRssBytes, cpuSeconds } = live
  return {
    title: `the audit of a live system with ${messages} messages`,
    columns: ['', 'value'],
    rows: [
      ['messages/s without the audit', aloneRate.toFixed(0)],
      ['messages/s with it', besideRate.toFixed(0)],
      ['the audit, s', seconds.toFixed(0)],
      ['messages it proves a second', (messages / seconds).toFixed(0)],
      ['its CPU time, s', cpuSeconds.toFixed(1)],
      ['its memory at most, MiB', (peakRssBytes / 1024 ** 2).toFixed(0)],
      ['its verdict', isClean ? 'clean' : 'NOT CLEAN'],
    ],
  }
}

function reportsTable({ alone, beside }: NonNullable<Findings['reports']>): ReportTable {
  const rowsOf = (when: string, all: ReportTimes[]) =>
    all.map(({ look, who, times: each }) => [look, who, when, ...times(each)])
  return {
    title: 'reports of a customer, from the request to the last byte',
    columns: ['report', 'customer', 'when', ...TIMES],
    rows: [...rowsOf('alone', alone), ...rowsOf('beside S1', beside)],
  }
}

function estimatesTable(estimates: EstimatesOf[]): ReportTable {
  const percent = (share: number) => (share * 100).toFixed(0)
  return {
    title: 'estimates of the hand-over while a backlog drains: off by, in % of what was left to wait',
    columns: ['messages', 'median', 'p90', 'too early, % of them', 'with an estimate', 'asked'],
    rows: estimates.map(({ name, waiting, medianShare, p90Share, earlyShare, estimated, asked }) => [
      `${waiting} ${name}`,
      ...[medianShare, p90Share, earlyShare].map(percent),
      ...[estimated, asked],
    ]),
  }
}

function deadlinesTable(deadlines: Deadlines[]): ReportTable {
  const row = (what: string, valueOf: (each: Deadlines) => string | number) => [
    ...[what, ...deadlines.map(valueOf)],
  ]
  return {
    title: 'express messages while operator A takes 5 s: guarantees of 2 s',
    columns: ['', ...deadlines.map(({ isHedged }) => (isHedged ? 'hedging' : 'no hedging'))],
    rows: [
      row('hand-over p50 ms', ({ handOver }) => handOver.p50Ms.toFixed(0)),
      row('hand-over p99 ms', ({ handOver }) => handOver.p99Ms.toFixed(0)),
      row('measured', ({ handOver }) => handOver.count),
      row('all, with the warm-up', ({ messages }) => messages),
      row('hedges sent', ({ hedges }) => hedges.sent),
      row('hedges won', ({ hedges }) => hedges.won),
      row('hedges withheld', ({ hedges }) => hedges.withheld),
      row('taken by both operators', ({ takenTwice }) => takenTwice),
      row('in no operator’s record', ({ unknown }) => unknown),
      row('misses listed', ({ missed }) => missed),
      row('given back', ({ compensated }) => compensated.messages),
      row(
        'given back, amount of prices',
        ({ compensated: { amount, ofPrices } }) => `${amount} of ${ofPrices}`,
      ),
      row('late by the operators’ records', ({ lateByRecords }) => lateByRecords),
      row('of these not listed', ({ unlisted }) => unlisted),
      row('answered in time, stored late', ({ storedLate }) => storedLate),
      row('audit', ({ isClean }) => (isClean ? 'clean' : 'NOT CLEAN')),
    ],
  }
}

function deadEndpointTable({ alone, beside }: NonNullable<Findings['deadEndpoint']>): ReportTable {
  return {
    title: 'from a change to the living endpoint that is told of it',
    columns: ['endpoints', ...TIMES],
    rows: [
      ['all living', ...times(alone)],
      ['one beside them dead', ...times(beside)],
    ],
  }
}
