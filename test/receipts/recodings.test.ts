import assert from 'node:assert/strict'
import { matchKeyOf, recodedKeysOf } from '../../src/receipts/recodings.ts'

describe('notations of an identifier', () => {
  it('in one base share a key', () => {
    assert.deepEqual(['00B8BE19', 'b8be19', '000', ''].map(matchKeyOf), ['b8be19', 'b8be19', '', ''])
  })

  it('in the other base have the key of the same number, exactly', () => {
    assert.deepEqual(recodedKeysOf('9308878062554710043'), ['812fc7470000001b', '43396575677908629127235'])
    assert.deepEqual(recodedKeysOf('39f99dd5'), ['972660181'])
    assert.deepEqual(recodedKeysOf('X-17'), [])
    assert.deepEqual(recodedKeysOf(''), [])
  })
})
