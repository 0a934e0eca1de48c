import assert from 'node:assert/strict'
import { customerOf, customerServed, NO_CUSTOMER, OPEN_ACCESS } from '../../src/primitives/access.ts'
import { accessOf } from '../accounts/accessOf.ts'

describe('the customer that a request is served for', () => {
  it('is any without a key where none is needed', () => {
    assert.equal(customerServed(OPEN_ACCESS, 7), 7)
  })

  it("is the key's own, and none for another number", () => {
    const access = accessOf({ userId: 7 })
    assert.equal(customerServed(access, 7), 7)
    assert.equal(customerServed(access, 8), NO_CUSTOMER)
  })

  it('is none for the admin key, and for access that nothing decided', () => {
    const nobody = { isAdmin: true, isTest: false, isOpen: false, actor: '' }
    assert.equal(customerServed(nobody, 7), NO_CUSTOMER)
    assert.equal(customerServed({ ...nobody, isAdmin: false }, 7), NO_CUSTOMER)
    assert.throws(() => customerOf(nobody))
  })
})
