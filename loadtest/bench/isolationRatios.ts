import type { Ratio } from '../result.ts'
import type { Findings, Shares } from './findings.ts'
import { BOUND_PER_SECOND, WEIGHTS } from './scenarios/weights.ts'

// How much one load affects another: each ratio with its scenario.

const OLD_VIEW_RATIO_MAX = 1.3
/** A slow second of the machine stays below it. Settlements that read dead rows made it 14. */
const OLD_VIEW_P95_RATIO_MAX = 2
/** The relay of a class spends at most 2 % of its time in them, and there are two classes. */
const SCAN_SHARE_MAX = 0.04
const FAIR_P99_RATIO_MAX = 1.5
const FAIR_SPEED_RATIO_MIN = 0.9
const SHARE_RATIO_MAX = 1.05
const BOUND_RATIO_MAX = 1.02
const FLOOD_P99_RATIO_MAX = 2
const DEAD_ENDPOINT_P99_RATIO_MAX = 1.1

export interface ScenarioRatio extends Ratio {
  scenario: string
}

/** Ratios that were not measured are left out. */
export function isolationRatios({
  oldReadView,
  fairShare,
  weights,
  flood,
  deadEndpoint,
}: Findings): ScenarioRatio[] {
  return [
    ...(oldReadView ? oldReadViewRatios(oldReadView) : []),
    ...(fairShare ? fairShareRatios(fairShare) : []),
    ...(weights ? weightsRatios(weights) : []),
    ...(flood ? floodRatios(flood) : []),
    ...(deadEndpoint
      ? [
          {
            scenario: 'dead-endpoint',
            title: 'from a change to a living endpoint beside a dead one, p99, to that without',
            ratio: deadEndpoint.beside.p99Ms / deadEndpoint.alone.p99Ms,
            wantedAtMost: DEAD_ENDPOINT_P99_RATIO_MAX,
          },
        ]
      : []),
  ]
}

function floodRatios({
  aloneP99Ms,
  floodedP99Ms,
  elsewhereP99Ms,
}: NonNullable<Findings['flood']>): ScenarioRatio[] {
  const title = 'HTTP latency of express during a flood of normal requests, p99, to that without'
  return [
    {
      ...{ scenario: 'flood', title, ratio: floodedP99Ms / aloneP99Ms },
      wantedAtMost: FLOOD_P99_RATIO_MAX,
    },
    {
      scenario: 'flood',
      title: `${title}, the flood through another process of the API`,
      ratio: elsewhereP99Ms / aloneP99Ms,
    },
  ]
}

function oldReadViewRatios({
  messages,
  without,
  beside,
}: NonNullable<Findings['oldReadView']>): ScenarioRatio[] {
  const ratioOf = (what: string, ratio: number) => ({
    scenario: 'old-read-view',
    title: `${what} beside a read view older than ${messages} messages, to that without`,
    ...{ ratio, wantedAtMost: OLD_VIEW_RATIO_MAX },
  })
  return [
    ratioOf('a claim', beside.claimMs / without.claimMs),
    ratioOf('a look-up for due rows', beside.lookUpMs / without.lookUpMs),
    ratioOf('time for a message of S1', without.messagesPerSecond / beside.messagesPerSecond),
    {
      ...ratioOf('from acceptance to hand-over of express, p95,', beside.expressP95Ms / without.expressP95Ms),
      wantedAtMost: OLD_VIEW_P95_RATIO_MAX,
    },
    {
      scenario: 'old-read-view',
      title: 'time spent in look-ups from the beginning beside that view, to all time',
      ...{ ratio: beside.scanShare, wantedAtMost: SCAN_SHARE_MAX },
    },
  ]
}

function fairShareRatios(fair: NonNullable<Findings['fairShare']>): ScenarioRatio[] {
  const { messages, aloneP99Ms, bulkAlone, fairBulk } = fair
  const p99 = `p99 to hand-over of small customers beside ${messages} messages of one, to that alone`
  return [
    {
      ...{ scenario: 'fair-share', title: p99, ratio: fair.fairP99Ms / aloneP99Ms },
      wantedAtMost: FAIR_P99_RATIO_MAX,
    },
    {
      ...{ scenario: 'fair-share', title: `speed of those ${messages} messages, to that alone` },
      ...{ ratio: speedOf(fairBulk) / speedOf(bulkAlone), wantedAtLeast: FAIR_SPEED_RATIO_MIN },
    },
    { scenario: 'fair-share', title: `${p99}, first in, first out`, ratio: fair.fifoP99Ms / aloneP99Ms },
  ]
}

function weightsRatios({ plain, weighted }: NonNullable<Findings['weights']>): ScenarioRatio[] {
  const sum = (shares: Shares) => shares.perSecond.reduce((all, rate) => all + rate, shares.boundPerSecond)
  const parted = weighted.perSecond.map((rate, index) => rate / (WEIGHTS[index] ?? 1))
  const mean = parted.reduce((all, rate) => all + rate, 0) / parted.length
  const bound = weighted.boundPerSecond / BOUND_PER_SECOND
  return [
    {
      ...{
        scenario: 'weights',
        title: `share of a customer to that of its weight of ${WEIGHTS.join(', ')}, the farthest`,
      },
      ratio: Math.max(...parted.map((rate) => Math.max(rate / mean, mean / rate))),
      wantedAtMost: SHARE_RATIO_MAX,
    },
    {
      ...{
        scenario: 'weights',
        title: `rate of a customer to its bound of ${BOUND_PER_SECOND} a second, either way`,
      },
      ...{ ratio: Math.max(bound, 1 / bound), wantedAtMost: BOUND_RATIO_MAX },
    },
    {
      scenario: 'weights',
      title: 'rate of all, to that without weights and bound',
      ratio: sum(weighted) / sum(plain),
    },
  ]
}

function speedOf({ messages, seconds }: { messages: number; seconds: number }): number {
  return messages / seconds
}
