import assert from 'node:assert/strict'
import { RECIPIENT_SHAPE, withoutEqual } from '../../src/primitives/address.ts'

describe('recipients', () => {
  it('are 5 to 15 digits, with or without a plus, leading zeros and the seed example included', () => {
    for (const good of ['09128582812', '091285284834', '12345', '+123456789012345'])
      assert.match(good, RECIPIENT_SHAPE)
    for (const bad of [
      '',
      '1234',
      '1234567890123456',
      '++12345',
      '12 345',
      '12345\n',
      '١٢٣٤٥',
      '0912-858',
      '+',
    ]) {
      assert.doesNotMatch(bad, RECIPIENT_SHAPE)
    }
  })

  it('are equal when their digits are; the first of equal ones is kept as given', () => {
    assert.deepEqual(withoutEqual(['+98912', '98912', '098912', '+98912']), ['+98912', '098912'])
  })
})
