import type { Ratio } from '../result.ts'
import { baselineNamed, runNamed } from './findings.ts'
import type { Findings } from './findings.ts'
import { isolationRatios } from './isolationRatios.ts'
import type { ScenarioRatio } from './isolationRatios.ts'
import { ONE_PERCENT } from './scenarios/tracing.ts'
import { medianRatio } from './measure/alternate.ts'
import { messagesPerSecond } from './measure/sustained.ts'

const S1_RATIO_MIN = 8
export const S2_RATIO_MIN = 0.6
const S3_RATIO_MIN = 0.9
const S5_RATIO_MAX = 1.3
const S6_RATIO_MAX = 1.2
const S8_RATIO_MAX = 3
const AUDIT_LIVE_RATIO_MIN = 0.9
const KEYED_RATIO_MIN = 0.85
const FOLLOWED_RATIO_MIN = 0.6
const REPORTS_RATIO_MIN = 0.95
/** Of a share of 1 %; what all traces cost is shown. */
const TRACED_RATIO_MIN = 0.97

export const ONE_BY_ONE_NAME = 'one by one'
export const ALONE_ONE_NAME = 'MySQL alone, 1 recipient'
export const ALONE_HUNDRED_NAME = 'MySQL alone, 100 recipients'

/** The ratios whose figures were measured. The short form does not search the highest rate of single calls. */
export function listRatios(findings: Findings, isShort: boolean): Ratio[] {
  const { s8, s1Single, s2Single, ...others } = ratiosOf(findings)
  const singles = isShort ? [] : [s1Single, s2Single]
  return [
    ...Object.values(others),
    ...singles,
    ...s8,
    ...turnRatios(findings),
    ...watchedRatios(findings),
    ...isolationRatios(findings),
  ].filter(({ ratio }) => Number.isFinite(ratio))
}

/** What keys, limits and tariffs cost, of each load; and what receipts, webhooks and readers of reports do. */
export function turnRatios({ keyed = [], followed, reports }: Findings): ScenarioRatio[] {
  return [
    ...keyed.map(({ scenario, turns }) => ({
      scenario: 'keys',
      title: `${scenario} with API keys, idempotency keys, limits and tariffs, to that without`,
      ...{ ratio: medianRatio(turns), wantedAtLeast: KEYED_RATIO_MIN },
    })),
    ...(followed
      ? [
          {
            scenario: 'followed',
            title: `${followed.scenario} with receipts for all and webhooks for a tenth, to that without`,
            ...{ ratio: medianRatio(followed.turns), wantedAtLeast: FOLLOWED_RATIO_MIN },
          },
        ]
      : []),
    ...(reports
      ? [
          {
            scenario: 'reports',
            title: 'S1 while reports are read, to that without',
            ...{ ratio: medianRatio(reports.comparison.turns), wantedAtLeast: REPORTS_RATIO_MIN },
          },
        ]
      : []),
  ]
}

/** What it costs to watch the engine. */
export function watchedRatios({ watched = [] }: Findings): ScenarioRatio[] {
  return watched.map(({ scenario, turns }) => ({
    scenario: 'tracing',
    title: `S1 with ${scenario}, to that without`,
    ratio: medianRatio(turns),
    ...(scenario === ONE_PERCENT && { wantedAtLeast: TRACED_RATIO_MIN }),
  }))
}

export const S8_EMPTY: Ratio = {
  title: 'pages of a large customer, p99, to a small one’s',
  ratio: NaN,
  wantedAtMost: S8_RATIO_MAX,
}

/** NaN for a figure that was not measured. */
export function ratiosOf(findings: Findings) {
  const rateOf = (name: string) => {
    const run = runNamed(findings, name)
    return run ? messagesPerSecond(run) : NaN
  }
  const baselineOf = (name: string) => baselineNamed(findings, name)?.messagesPerSecond ?? NaN
  const { turns, claims, idle, histories = [], auditLive } = findings
  return {
    s1: {
      title: 'S1 to the same commit with batch size 1',
      ratio: rateOf('S1') / baselineOf(ONE_BY_ONE_NAME),
      wantedAtLeast: S1_RATIO_MIN,
    } as Ratio,
    s2: {
      title: 'S2 to MySQL alone with 100 recipients a request',
      // The separate rates are measured minutes apart; the turns are not.
      ratio: turns ? medianRatio(turns) : rateOf('S2') / baselineOf(ALONE_HUNDRED_NAME),
      wantedAtLeast: S2_RATIO_MIN,
    } as Ratio,
    s1Alone: {
      title: 'S1 to MySQL alone with one recipient a request',
      ratio: rateOf('S1') / baselineOf(ALONE_ONE_NAME),
    } as Ratio,
    s3: { title: 'S3 to S1', ratio: rateOf('S3') / rateOf('S1'), wantedAtLeast: S3_RATIO_MIN } as Ratio,
    s1Single: {
      title: 'S1 with one message a call to S1',
      ratio: rateOf('S1 single') / rateOf('S1'),
    } as Ratio,
    s2Single: {
      title: 'S2 with one message a call to S2',
      ratio: rateOf('S2 single') / rateOf('S2'),
    } as Ratio,
    s5: {
      title: claims
        ? `claim time with ${claims.many.rows} rows waiting to that with ${claims.few.rows}, p50`
        : 'claim time with many rows waiting to that with few',
      ratio: claims ? claims.many.times.p50Ms / claims.few.times.p50Ms : NaN,
      wantedAtMost: S5_RATIO_MAX,
    } as Ratio,
    s6Http: {
      title: 'HTTP answer of an idle system, p50, to the batch-size-1 build’s',
      ratio: idle ? idle.engine.http.p50Ms / idle.oneByOne.http.p50Ms : NaN,
      wantedAtMost: S6_RATIO_MAX,
    } as Ratio,
    s6HandOver: {
      title: 'acceptance to hand-over of an idle system, p50, to the batch-size-1 build’s',
      ratio: idle ? idle.engine.handOverP50Ms / idle.oneByOne.handOverP50Ms : NaN,
      wantedAtMost: S6_RATIO_MAX,
    } as Ratio,
    auditLive: {
      title: `messages/s while the audit reads ${auditLive?.messages} messages, to those without it`,
      ratio: auditLive ? auditLive.besideRate / auditLive.aloneRate : NaN,
      wantedAtLeast: AUDIT_LIVE_RATIO_MIN,
    } as Ratio,
    s8: histories.map(({ look, large, small, messages, ofLargeCustomer }): Ratio => ({
      title: `${look}, p99: customer with ${ofLargeCustomer} of ${messages} messages to one with 100`,
      ratio: large.p99Ms / small.p99Ms,
      wantedAtMost: S8_RATIO_MAX,
    })),
  }
}
