import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseWholeNumber } from '../../src/primitives/wholeNumber.ts'

describe('a whole number in a query', () => {
  it('is read back exactly up to 2^53-1', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (n) => assert.equal(parseWholeNumber(String(n)), n)))
    assert.equal(parseWholeNumber('9007199254740991'), Number.MAX_SAFE_INTEGER)
  })

  it('is nothing but plain digits', () => {
    const others = [
      '',
      ' 1',
      '1 ',
      '+1',
      '-1',
      '01',
      '1.0',
      '1e3',
      '0x10',
      '1_000',
      '9007199254740992',
      '١',
      'NaN',
      'Infinity',
    ]
    for (const text of others) assert.equal(parseWholeNumber(text), undefined, text)
  })
})
