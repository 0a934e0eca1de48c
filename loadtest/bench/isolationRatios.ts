import type { Ratio } from '../result.ts'
import type { Findings } from './findings.ts'

// How much one load affects another: each ratio with its scenario.

const OLD_VIEW_RATIO_MAX = 1.3
const FAIR_P99_RATIO_MAX = 1.5
const FAIR_SPEED_RATIO_MIN = 0.9
const FLOOD_P99_RATIO_MAX = 2
const DEAD_ENDPOINT_P99_RATIO_MAX = 1.1

export interface ScenarioRatio extends Ratio {
  scenario: string
}

/** Ratios that were not measured are left out. */
export function isolationRatios({ oldReadView, fairShare, flood, deadEndpoint }: Findings): ScenarioRatio[] {
  return [
    ...(oldReadView ? oldReadViewRatios(oldReadView) : []),
    ...(fairShare ? fairShareRatios(fairShare) : []),
    ...(flood
      ? [
          {
            scenario: 'flood',
            title: 'HTTP latency of express during a flood of normal requests, p99, to that without',
            ratio: flood.floodedP99Ms / flood.aloneP99Ms,
            wantedAtMost: FLOOD_P99_RATIO_MAX,
          },
        ]
      : []),
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

function speedOf({ messages, seconds }: { messages: number; seconds: number }): number {
  return messages / seconds
}
