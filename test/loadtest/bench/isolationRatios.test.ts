import assert from 'node:assert/strict'
import type { Findings } from '../../../loadtest/bench/findings.ts'
import { judgeTargets } from '../../../loadtest/bench/judge.ts'
import { THROTTLED_NAME } from '../../../loadtest/bench/scenarios/throttled.ts'
import { runOf } from '../report/reportOf.ts'

const verdictsOf = (scenario: string, findings: Partial<Findings>) =>
  judgeTargets({ runs: [], baselines: [], ...findings }, { cores: 2, isShort: false })
    .filter((verdict) => verdict.scenario === scenario)
    .map(({ verdict }) => verdict)

describe('how far one load disturbs another', () => {
  it('is at most 1.3 times beside an old read view, for claims, look-ups and rate, twice for express, and 4 % in full look-ups', () => {
    const without = { claimMs: 10, lookUpMs: 1, scanShare: 0, messagesPerSecond: 1_300, expressP95Ms: 200 }
    const of = (beside: typeof without) =>
      verdictsOf('old-read-view', { oldReadView: { messages: 500_000, without, beside } })
    const good = { claimMs: 13, lookUpMs: 1.3, scanShare: 0.04, messagesPerSecond: 1_000, expressP95Ms: 400 }
    assert.deepEqual(of(good), ['met', 'met', 'met', 'met', 'met'])
    const bad = { claimMs: 13.1, lookUpMs: 1.31, scanShare: 0.041, messagesPerSecond: 999, expressP95Ms: 401 }
    assert.deepEqual(of(bad), ['missed', 'missed', 'missed', 'missed', 'missed'])
  })

  it('is at most 1.5 times for small customers, and 90 % of the speed of the large one', () => {
    const bulk = (seconds: number) => ({ messages: 1_000_000, seconds })
    const of = (fairP99Ms: number, seconds: number) =>
      verdictsOf('fair-share', {
        fairShare: {
          ...{ messages: 1_000_000, bulkAlone: bulk(90), fairBulk: bulk(seconds), fifoBulk: bulk(90) },
          ...{ aloneP99Ms: 100, fairP99Ms, fifoP99Ms: 60_000 },
        },
      })
    assert.deepEqual(of(150, 100), ['met', 'met'], 'first in, first out is shown and not judged')
    assert.deepEqual(of(151, 101), ['missed', 'missed'])
  })

  it('is at most twice for the HTTP latency of express during a flood', () => {
    const of = (floodedP99Ms: number) =>
      verdictsOf('flood', { flood: { aloneP99Ms: 10, floodedP99Ms, elsewhereP99Ms: 15 } })
    assert.deepEqual([of(20), of(20.1)], [['met'], ['missed']], 'another process is shown and not judged')
  })

  it('is at most a tenth for living endpoints beside a dead one', () => {
    const times = (p99Ms: number) => ({ count: 1_000, p50Ms: 20, p95Ms: 50, p99Ms, maxMs: 400 })
    const of = (p99Ms: number) =>
      verdictsOf('dead-endpoint', { deadEndpoint: { alone: times(100), beside: times(p99Ms) } })
    assert.deepEqual([of(110), of(111)], [['met'], ['missed']])
  })

  it('beside throttled traffic is no lost message, and 250 ms beyond the operator’s own 20', () => {
    const of = (done: number, p99Ms: number) =>
      verdictsOf(THROTTLED_NAME, {
        runs: [
          runOf({
            name: THROTTLED_NAME,
            settings: { waiting: 100 },
            recipients: { acceptedPerSecond: 10, accepted: 94, done },
            handOver: { express: { count: 94, p50Ms: 30, p95Ms: 50, p99Ms, maxMs: 300 } },
          }),
        ],
      })
    assert.deepEqual(of(94, 269), ['met', 'met'])
    assert.deepEqual(of(4, 271), ['missed', 'missed'])
  })
})
