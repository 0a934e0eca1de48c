import assert from 'node:assert/strict'
import fc from 'fast-check'
import { maskNumber, maskNumbersIn } from '../../src/primitives/privacy.ts'

describe('masking telephone numbers', () => {
  it('keeps enough to recognise a number and too little to call it', () => {
    assert.equal(maskNumber('09123456834'), '0912****834')
    assert.equal(maskNumber('12345'), '****')
  })

  it('finds a number wherever it stands in a longer text', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\+?[0-9]{8,15}$/),
        fc.lorem(),
        fc.constantFrom(' ', "'", '-', ':'),
        (number, words, mark) => {
          assert.ok(!maskNumbersIn(`${words}${mark}${number}${mark}${words}`).includes(number))
        },
      ),
    )
  })

  it('leaves identifiers whole, and masks a number that a database joins to one', () => {
    const identifier = '88636fb2-dd01-42a4-a718-123456789012'
    assert.equal(maskNumbersIn(identifier), identifier)
    assert.equal(
      maskNumbersIn(`Duplicate entry '${identifier}-09128582812'`),
      `Duplicate entry '${identifier}-0912****812'`,
    )
    fc.assert(fc.property(fc.uuid(), (uuid) => assert.equal(maskNumbersIn(uuid), uuid)))
  })
})
