import assert from 'node:assert/strict'
import { CustomerPatch, toValues } from '../../../src/accounts/routes/customerFields.ts'
import { partsLimitOf, perSecond } from '../../../src/limits/index.ts'
import { readInput } from '../../../src/platform/http/index.ts'
import { Problem } from '../../../src/primitives/problem.ts'

const NONE = { tier: 'free' as const, partsPerMinute: null, partsBurst: null }

describe('the limits of a customer', () => {
  for (const limits of [
    { parts_per_minute: 0, parts_burst: 1 },
    { parts_per_minute: 1, parts_burst: 1_000_000 },
    { parts_per_minute: 600_000 },
    { parts_burst: null, requests_per_second: 10_000 },
    { requests_per_second: 0 },
  ]) {
    it(`take ${JSON.stringify(limits)}, which buckets can hold`, () => {
      const values = toValues(readInput(CustomerPatch, limits))
      assert.ok(partsLimitOf({ ...NONE, ...values }))
      assert.ok(perSecond(values.requestsPerSecond ?? 1))
    })
  }

  for (const limits of [
    { parts_burst: 0 },
    { parts_burst: 1_000_001 },
    { parts_per_minute: 600_001 },
    { requests_per_second: 10_001 },
    { parts_per_minute: -1 },
    { parts_per_minute: 1.5 },
  ]) {
    it(`refuse ${JSON.stringify(limits)}`, () => {
      assert.throws(
        () => readInput(CustomerPatch, limits),
        (error) => error instanceof Problem && error.status === 400,
      )
    })
  }
})

describe('the senders of a customer', () => {
  it('are up to fifty of the longest, as the column holds them, or null', () => {
    const longest = Array.from({ length: 50 }, (_, index) => `+${String(index).padStart(15, '9')}`)
    assert.deepEqual(toValues(readInput(CustomerPatch, { allowed_senders: longest })), {
      allowedSenders: longest,
    })
    assert.ok(longest.join(',').length <= 1_000)
    assert.deepEqual(toValues(readInput(CustomerPatch, { allowed_senders: null })), { allowedSenders: null })
  })

  for (const [senders, field] of [
    [[], 'allowed_senders'],
    [Array(51).fill('Shop'), 'allowed_senders'],
    [['Shop', 'a,b'], 'allowed_senders[1]'],
    [['Shop', ' b'], 'allowed_senders[1]'],
    ['Shop', 'allowed_senders'],
  ] as const) {
    it(`refuse ${JSON.stringify(senders).slice(0, 40)}`, () => {
      assert.throws(
        () => readInput(CustomerPatch, { allowed_senders: senders }),
        (error) => error instanceof Problem && error.errors[0]?.field === field,
      )
    })
  }
})
