import assert from 'node:assert/strict'
import { normalizeNumber, withoutEqualNumbers } from '../../src/numbers/index.ts'
import type { NormalizedNumber } from '../../src/numbers/index.ts'

function normalize(given: string[], region?: 'IR'): NormalizedNumber[] {
  return given.map((one) => normalizeNumber(one, region)).filter((one) => one.kind === 'number')
}

describe('equal numbers', () => {
  it('are one, with the writing that came first', () => {
    const numbers = normalize(
      ['0912 000 0001', '+14155550100', '00989120000001', '+989120000001', '0014155550100'],
      'IR',
    )
    assert.deepEqual(withoutEqualNumbers(numbers), [
      { kind: 'number', number: '+989120000001', given: '0912 000 0001' },
      { kind: 'number', number: '+14155550100', given: null },
    ])
  })

  it('without a region are those with equal digits, whatever their plus', () => {
    const numbers = normalize(['989120000001', '+989120000001', '09120000001', '۰۹۱۲۰۰۰۰۰۰۱'])
    assert.deepEqual(
      withoutEqualNumbers(numbers).map(({ number }) => number),
      ['989120000001', '09120000001'],
    )
  })
})
