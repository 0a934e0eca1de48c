import assert from 'node:assert/strict'
import { v7 } from 'uuid'
import {
  identifierFromBytes,
  identifierToBytes,
  lowestAt,
  valueBefore,
} from '../../src/primitives/identifier.ts'

describe('the bounds of identifiers', () => {
  it('lie between the identifiers of two milliseconds', () => {
    const ms = Date.parse('2026-01-19T08:30:00.142Z')
    const lowestRandom = new Uint8Array(16)
    const highestRandom = new Uint8Array(16).fill(0xff)
    assert.ok(lowestAt(ms) <= v7({ msecs: ms, seq: 0, random: lowestRandom }))
    assert.ok(lowestAt(ms) > v7({ msecs: ms - 1, seq: 2 ** 32 - 1, random: highestRandom }))
  })

  it('stay within the 48 bits of a time', () => {
    assert.equal(lowestAt(-60_000), '00000000-0000-0000-0000-000000000000')
    assert.equal(lowestAt(2 ** 60), 'ffffffff-ffff-0000-0000-000000000000')
  })

  it('step down by one, and stop at the lowest', () => {
    assert.equal(valueBefore('019bd5a1-4c2e-7f30-9000-000000000000'), '019bd5a1-4c2e-7f30-8fff-ffffffffffff')
    assert.equal(valueBefore('00000000-0000-0000-0000-000000000000'), '00000000-0000-0000-0000-000000000000')
  })

  it('are written to bytes and back like identifiers; what has other than 16 bytes is refused', () => {
    for (const bound of [lowestAt(0), lowestAt(1), valueBefore(lowestAt(1))])
      assert.equal(identifierFromBytes(identifierToBytes(bound)), bound)
    for (const text of [
      '',
      '4711',
      '019bd5a1-4c2e-7f30-9000-00000000000g',
      '019bd5a1-4c2e-7f30-9000-0000000000000000',
    ])
      assert.throws(() => identifierToBytes(text), TypeError)
  })
})
