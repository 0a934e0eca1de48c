import assert from 'node:assert/strict'
import { toOwnLimits } from '../../../src/accounts/routes/ownLimits.ts'
import { perSecond } from '../../../src/limits/index.ts'
import { customerOf } from '../../../src/primitives/access.ts'
import { NOTHING_SPENT } from '../../limits/nothingSpent.ts'
import { accessOf } from '../accessOf.ts'

const OF_ALL = perSecond(100, 200)
const NOW_MICROS = 1_800_000_000_000_000
const TODAY = Math.floor(NOW_MICROS / 86_400_000_000)
const UNUSED = { balance: 0, partsTatMicros: 0, spending: NOTHING_SPENT, readAtMicros: NOW_MICROS }

describe('the limits that a customer sees', () => {
  const customer = customerOf(accessOf())

  it('are those of its tier and of all customers', () => {
    assert.deepEqual(toOwnLimits({ ...customer, tier: 'basic' }, UNUSED, OF_ALL), {
      parts: { per_minute: 300, burst: 300, remaining: 300 },
      requests: { per_second: 100, burst: 200 },
      spend: null,
    })
  })

  it('are its own where it has some, with what is left now', () => {
    const own = { ...customer, partsPerMinute: 60, partsBurst: 10, requestsPerSecond: 5 }
    // Three parts were taken, and one second brings one back.
    const used = { ...UNUSED, partsTatMicros: NOW_MICROS + 3_000_000 }
    assert.deepEqual(toOwnLimits(own, used, OF_ALL), {
      parts: { per_minute: 60, burst: 10, remaining: 7 },
      requests: { per_second: 5, burst: 5 },
      spend: null,
    })
    const later = { ...used, readAtMicros: NOW_MICROS + 1_000_000 }
    assert.equal(toOwnLimits(own, later, OF_ALL).parts?.remaining, 8)
  })

  it('are those of its spending, with what counts of the day and the month', () => {
    const own = { ...customer, spendPerDay: 500 }
    const used = { ...UNUSED, spending: { day: TODAY, ofDay: 120, ofMonth: 2_340 } }
    const most = { per_day: 500, per_month: null }
    assert.deepEqual(toOwnLimits(own, used, OF_ALL).spend, {
      ...most,
      spent_of_day: 120,
      spent_of_month: 2_340,
    })
    const nextDay = { ...used, readAtMicros: NOW_MICROS + 86_400_000_000 }
    assert.deepEqual(toOwnLimits(own, nextDay, OF_ALL).spend, {
      ...{ ...most, spent_of_day: 0, spent_of_month: 2_340 },
    })
  })
})
