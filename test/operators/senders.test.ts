import assert from 'node:assert/strict'
import { senderAt, senderRulesSchema } from '../../src/operators/senders.ts'

const rules = (given: object) => senderRulesSchema.parse(given)
const faultOf = (given: object) => senderRulesSchema.safeParse(given).error?.issues[0]?.message

describe("an operator's rules for senders", () => {
  it('leave a sender as it is where there are none', () => {
    assert.equal(senderAt(null, 'Chapar'), 'Chapar')
    assert.equal(senderAt(null, null), null)
  })

  it('have a sender for messages without one', () => {
    assert.equal(senderAt(rules({ default: '98200' }), null), '98200')
    assert.equal(senderAt(rules({}), null), null)
  })

  it('keep a message with another sender from the operator, or replace the sender', () => {
    const allowed = ['98200', 'Chapar']
    assert.equal(senderAt(rules({ allowed }), 'Chapar'), 'Chapar')
    assert.equal(senderAt(rules({ allowed }), 'chapar'), undefined)
    assert.equal(senderAt(rules({ allowed, otherwise: 'default' }), 'Other'), null)
    assert.equal(senderAt(rules({ allowed, default: '98200', otherwise: 'default' }), 'Other'), '98200')
  })

  it('know names from numbers', () => {
    const numbersAlone = rules({ alphanumeric: false, default: '98200', otherwise: 'default' })
    assert.deepEqual(
      ['Chapar', '+989120000001', '12345678901', 'A1'].map((sender) => senderAt(numbersAlone, sender)),
      ['98200', '+989120000001', '12345678901', '98200'],
    )
  })

  it('have a default that they allow', () => {
    assert.match(faultOf({ allowed: ['a'], default: 'b' }) ?? '', /one of the allowed senders/)
    assert.match(faultOf({ alphanumeric: false, default: 'Chapar' }) ?? '', /must be a number/)
  })
})
