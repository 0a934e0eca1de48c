import assert from 'node:assert/strict'
import { costOf, isCostOfSome, partsOf, pricesOf, weightedCostOf } from '../../chaos/prices.ts'
import { FIRST_DEAR_NUMBER, rulesOf } from '../../chaos/tariffs.ts'
import { TARIFF_CUSTOMERS } from '../../chaos/customers.ts'
import { segment } from '../../src/segments/index.ts'

const [FREE = 0, DEAR = 0] = TARIFF_CUSTOMERS
/** One recipient before the dear numbers and two of them. */
const BETWEEN = { firstNumber: FIRST_DEAR_NUMBER - 1, recipients: 3 }

describe('what clients of chaos know that a message costs', () => {
  it('is the price of its class for a customer without tariffs, whatever its parts', () => {
    assert.deepEqual(pricesOf({ customer: 1, type: 'normal', ...BETWEEN, parts: 3 }), [1, 1, 1])
    assert.deepEqual(pricesOf({ customer: 1, type: 'express', ...BETWEEN }), [3, 3, 3])
  })

  it('is by the longest prefix of the number, by the part or the message', () => {
    assert.deepEqual(
      rulesOf(DEAR).map(({ destinationPrefix, type, per, price }) => [destinationPrefix, type, per, price]),
      [
        ['', 'normal', 'part', 1],
        ['', 'express', 'message', 3],
        ['984', 'normal', 'part', 6],
        ['984', 'express', 'message', 8],
      ],
    )
    assert.deepEqual(pricesOf({ customer: DEAR, type: 'normal', ...BETWEEN, parts: 2 }), [2, 12, 12])
    assert.deepEqual(pricesOf({ customer: DEAR, type: 'express', ...BETWEEN, parts: 2 }), [3, 8, 8])
    assert.equal(costOf({ customer: FREE, type: 'normal', ...BETWEEN, parts: 2 }), 20)
    assert.equal(weightedCostOf({ customer: FREE, type: 'normal', ...BETWEEN, parts: 2 }), 50)
  })

  it('is nothing for a test message', () => {
    assert.equal(costOf({ customer: DEAR, type: 'express', ...BETWEEN, isTest: true }), 0)
  })

  it('of some of its recipients is exact with equal prices, and within bounds with others', () => {
    assert.ok(isCostOfSome([3, 3, 3], 2, 6))
    for (const amount of [5, 7]) assert.ok(!isCostOfSome([3, 3, 3], 2, amount))
    assert.ok(!isCostOfSome([3], 2, 6))
    assert.deepEqual(
      [3, 4, 10, 11].map((amount) => isCostOfSome([2, 2, 8], 2, amount)),
      [false, true, true, false],
    )
  })

  for (const length of [150, 153, 154, 155, 156, 157, 299, 300, 301, 302, 303, 304])
    it(`counts the parts of a text with a mark and ${length} letters as the engine does`, () => {
      const text = `[m] ${'a'.repeat(length)}`
      assert.equal(partsOf(text), segment(text).parts.length)
    })
})
