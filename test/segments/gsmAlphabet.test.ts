import assert from 'node:assert/strict'
import { isGsm7, septetsOf } from '../../src/segments/gsmAlphabet.ts'

/** All code units of the basic plane that take so many septets. */
function unitsOf(septets: number): string {
  return Array.from({ length: 0x10000 }, (_, unit) => unit)
    .filter((unit) => septetsOf(unit) === septets)
    .map((unit) => String.fromCharCode(unit))
    .join('')
}

describe('the GSM 7 bit alphabet', () => {
  it('has 127 characters of one septet, as in the table of 3GPP TS 23.038', () => {
    assert.equal(
      unitsOf(1),
      '\n\r !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz' +
        '¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ',
    )
    assert.equal(unitsOf(1).length, 127)
  })

  it('has ten characters of two septets', () => {
    assert.equal(unitsOf(2), '\f[\\]^{|}~€')
  })

  it('has no character outside the basic plane', () => {
    assert.ok(!isGsm7('\u{1f60e}'))
    // Its lower 16 bits are those of A.
    assert.equal(septetsOf(0x10041), 0)
  })
})
