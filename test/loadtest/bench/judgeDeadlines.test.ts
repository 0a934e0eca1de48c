import assert from 'node:assert/strict'
import type { Deadlines } from '../../../loadtest/bench/findings.ts'
import { judgeDeadlines } from '../../../loadtest/bench/judgeDeadlines.ts'

const GOOD: Deadlines = {
  isHedged: true,
  handOver: { count: 2_000, p50Ms: 60, p95Ms: 500, p99Ms: 1_999, maxMs: 5_100 },
  hedges: { sent: 90, won: 90, withheld: 0 },
  ...{ messages: 2_800, missed: 5, lateByRecords: 4, unlisted: 0, storedLate: 1, unknown: 0, takenTwice: 90 },
  compensated: { messages: 5, amount: 15, ofPrices: 15 },
  isClean: true,
}

describe('the verdicts on guarantees beside a slow operator', () => {
  const verdictsOf = (changed: Partial<Deadlines>) =>
    judgeDeadlines({ runs: [], baselines: [], deadlines: [{ ...GOOD, ...changed }] }).map(
      ({ verdict }) => verdict,
    )

  it('ask for a p99 below the guarantee of 2 s, with hedging alone', () => {
    assert.deepEqual(verdictsOf({}), ['met', 'met'])
    assert.deepEqual(verdictsOf({ handOver: { ...GOOD.handOver, p99Ms: 2_000 } }), ['missed', 'met'])
    assert.deepEqual(verdictsOf({ isHedged: false }), ['met'])
  })

  it('ask that all that operators answered late is listed and given back', () => {
    assert.deepEqual(verdictsOf({ unlisted: 1 }), ['met', 'missed'])
    assert.deepEqual(verdictsOf({ unknown: 1 }), ['met', 'missed'])
    const compensated = { ...GOOD.compensated, amount: 12 }
    assert.deepEqual(verdictsOf({ compensated }), ['met', 'missed'])
  })
})
