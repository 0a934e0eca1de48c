import assert from 'node:assert/strict'
import { concludeTries } from '../../chaos/clients/repeatKeyed.ts'
import { openRecord } from '../../chaos/clients/record.ts'
import type { Repeated, Sent, SentBulk, ToppedUp } from '../../chaos/clients/record.ts'
import { compareRepeats } from '../../chaos/proof/compareRepeats.ts'

describe('the tries of a request under one idempotency key', () => {
  const sent = (repeated: Repeated): Sent => ({
    ...{ mark: 'a', customer: 1, type: 'normal', recipients: 1, firstNumber: 1, smsIdentifier: 'm1' },
    ...{ answered: 'accepted', label: '202', repeated },
  })
  const compare = (repeated: Repeated) => compareRepeats({ ...openRecord(), sent: [sent(repeated)] })

  it('are right with one answer, given as the first at most once', () => {
    assert.deepEqual(compare({ tries: 5, answers: ['{"message_id":"m1"}'], firsts: 1 }), [])
    // The first answer never came: all that came were repeats.
    assert.deepEqual(compare({ tries: 5, answers: ['{"message_id":"m1"}'], firsts: 0 }), [])
    assert.deepEqual(compare({ tries: 5, answers: [], firsts: 0 }), [])
  })

  it('are wrong with two answers, even if only a byte differs', () => {
    const answers = ['{"message_id":"m1"}', '{"message_id": "m1"}']
    assert.deepEqual(compare({ tries: 4, answers, firsts: 1 }), [
      'a, message m1: 4 tries got {"message_id":"m1"} and {"message_id": "m1"}',
    ])
  })

  it('are wrong when two of them were answered as the first', () => {
    assert.deepEqual(compare({ tries: 3, answers: ['{}'], firsts: 2 }), [
      'a, message m1: 2 of 3 tries were answered as the first',
    ])
  })

  it('of a bulk may each decide one of its transactions, and not more', () => {
    const bulk: SentBulk = {
      ...{ mark: 'b', customer: 1, isTest: false, isAllOrNothing: false, messages: [], bulkId: 'b1' },
      ...{ answered: 'accepted', label: '202', reads: [], cancels: [] },
    }
    const bulkWith = (firsts: number) =>
      compareRepeats({
        ...openRecord(),
        bulks: [{ ...bulk, repeated: { tries: 4, answers: ['{}'], firsts, firstsMax: 2 } }],
      })
    assert.deepEqual(bulkWith(2), [])
    assert.deepEqual(bulkWith(3), ['b, bulk b1: 3 of 4 tries were answered as the first'])
  })

  it('of a top-up are wrong with two answers', () => {
    const toppedUp: ToppedUp = {
      ...{ mark: 't', customer: 1, amount: 5, answered: 'accepted', transactionId: 't1' },
      repeated: { tries: 2, answers: ['{"credit_cents":5}', '{"credit_cents":10}'], firsts: 2 },
    }
    assert.deepEqual(compareRepeats({ ...openRecord(), toppedUp: [toppedUp] }), [
      't, top-up t1: 2 tries got {"credit_cents":5} and {"credit_cents":10}',
      't, top-up t1: 2 of 2 tries were answered as the first',
    ])
  })

  it('come to the best that is known of one of them', () => {
    const [accepted, unknown, refused] = [
      { answered: 'accepted', label: '202' },
      { answered: 'unknown', label: 'no answer' },
      { answered: 'refused', label: '503 overloaded' },
    ] as const
    assert.deepEqual(concludeTries([refused, unknown, accepted]), accepted)
    assert.deepEqual(concludeTries([refused, unknown]), unknown)
    assert.deepEqual(concludeTries([refused]), refused)
  })
})
