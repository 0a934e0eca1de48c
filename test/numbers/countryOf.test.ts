import assert from 'node:assert/strict'
import { countryOf } from '../../src/numbers/countryOf.ts'

describe('the country of a number', () => {
  it('is that of its calling code', () => {
    assert.equal(countryOf('+989121234567'), 'IR')
    assert.equal(countryOf('+4915112345678'), 'DE')
    assert.equal(countryOf('+35312345678'), 'IE')
  })

  it('is told apart where countries share a calling code', () => {
    assert.equal(countryOf('+12025550123'), 'US')
    assert.equal(countryOf('+14165550123'), 'CA')
    assert.equal(countryOf('+18765550123'), 'JM')
    assert.equal(countryOf('+79161234567'), 'RU')
    assert.equal(countryOf('+77011234567'), 'KZ')
    assert.equal(countryOf('+447400123456'), 'GB')
    assert.equal(countryOf('+447911123456'), 'GG')
  })

  it('is the same for numbers that begin alike, in whatever order they come', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => `+1202555${String(index).padStart(4, '0')}`)
    assert.deepEqual(new Set([...numbers, ...numbers.reverse()].map(countryOf)), new Set(['US']))
  })

  it('is ZZ where the number does not say it', () => {
    for (const number of ['989121234567', '09121234567', '+000123456', '+88112345678', '+1', '+'])
      assert.equal(countryOf(number), 'ZZ', number)
  })
})
