import assert from 'node:assert/strict'
import { openBodyBudget, SMALL_BODY_BYTES } from '../../../src/platform/http/bodyBudget.ts'

const MAX = 40 * SMALL_BODY_BYTES

describe('the room for bodies that are being read', () => {
  it('is bounded, and given back', () => {
    const budget = openBodyBudget(MAX)
    for (let body = 0; body < 40; body++) assert.equal(budget.take(SMALL_BODY_BYTES, 0), true)
    assert.equal(budget.take(1, 0), false)
    budget.give(SMALL_BODY_BYTES)
    assert.equal(budget.take(SMALL_BODY_BYTES, 0), true)
  })

  it('is never all taken by large ones, however little of them comes at a time', () => {
    const budget = openBodyBudget(MAX)
    let held = SMALL_BODY_BYTES
    budget.take(held, 0)
    while (budget.take(1_000, held)) held += 1_000
    assert.ok(held > MAX * 0.7, `large ones have most of it: ${held}`)
    for (let body = 0; body < 10; body++) assert.equal(budget.take(SMALL_BODY_BYTES, 0), true)
    assert.equal(budget.take(SMALL_BODY_BYTES, 0), false)
  })
})
