import assert from 'node:assert/strict'
import { editDistance, isNearMiss } from '../../src/primitives/nearMiss.ts'

describe('a near miss', () => {
  for (const [written, meant, expected] of [
    ['recipient', 'recipients', true],
    ['Recipients', 'recipients', true],
    ['customerId', 'customer_id', true],
    ['tpye', 'type', true],
    ['txt', 'text', true],
    ['user_id', 'customer_id', false],
    ['message', 'text', false],
    ['go', 'to', false],
    ['', 'text', false],
  ] as const) {
    it(`${written || 'nothing'} is ${expected ? 'one' : 'none'} of ${meant}`, () =>
      assert.equal(isNearMiss(written, meant), expected))
  }
})

describe('the distance between two names', () => {
  it('counts letters added, missing, replaced and swapped', () => {
    for (const [a, b, distance] of [
      ['ROLE', 'ROLE', 0],
      ['ROLES', 'ROLE', 1],
      ['ROE', 'ROLE', 1],
      ['RULE', 'ROLE', 1],
      ['ORLE', 'ROLE', 1],
      ['ORLES', 'ROLE', 2],
      ['', 'AB', 2],
    ] as const) {
      assert.equal(editDistance(a, b, 3), distance, `${a} ${b}`)
      assert.equal(editDistance(b, a, 3), distance, `${b} ${a}`)
    }
  })
})
