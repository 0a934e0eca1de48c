import assert from 'node:assert/strict'
import { measureRecovery } from '../../../chaos/failover/recoveryTimes.ts'
import type { Sample } from '../../../chaos/failover/recoveryTimes.ts'

const RATE = 100
const STEP_MS = 500

/** Samples each half second from the fault on, of so many hand-overs a second in each of them. */
function handedOver(...rates: number[]): Sample[] {
  let total = 0
  const first = { atMs: 1_000, accepted: 0, handedOver: 0 }
  const others = rates.map((rate, index) => {
    total += (rate * STEP_MS) / 1_000
    return { atMs: 1_000 + (index + 1) * STEP_MS, accepted: total, handedOver: total }
  })
  return [first, ...others]
}

const times = (rate: number, count: number): number[] => Array.from({ length: count }, () => rate)

describe('the time until a failover is over', () => {
  it('is none when at least half of what is offered is handed over at every moment', () => {
    assert.equal(measureRecovery(handedOver(...times(60, 20)), 1_000, RATE).recoveredMs, 0)
  })

  it('ends when as much is handed over again as is offered', () => {
    const samples = handedOver(...times(0, 10), ...times(40, 4), ...times(200, 10))
    const { recoveredMs, handOverGapMs, acceptGapMs } = measureRecovery(samples, 1_000, RATE)
    assert.equal(recoveredMs, 6_000)
    assert.deepEqual([handOverGapMs, acceptGapMs], [5_500, 5_500])
  })

  it('counts from the fault also where it takes effect later', () => {
    const samples = handedOver(...times(100, 8), ...times(0, 8), ...times(150, 10))
    assert.ok((measureRecovery(samples, 1_000, RATE).recoveredMs ?? 0) > 6_000)
  })

  it('is unknown when the rate does not come back', () => {
    const samples = handedOver(...times(100, 4), ...times(0, 8), ...times(60, 10))
    assert.equal(measureRecovery(samples, 1_000, RATE).recoveredMs, undefined)
  })
})
