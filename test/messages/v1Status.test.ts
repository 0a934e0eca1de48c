import assert from 'node:assert/strict'
import { V1_STATUSES } from '../../src/messages/states.ts'
import type { V1Status } from '../../src/messages/states.ts'
import { noCounts, v1StatusOf, v1StatusOfAll } from '../../src/messages/v1Status.ts'

const FACTS = { deliveryStatus: null, isRetrying: false, isScheduled: false }

describe('the status on /v1', () => {
  it('of a recipient comes from its state and what more is known', () => {
    assert.equal(v1StatusOf({ ...FACTS, status: 'pending' }), 'QUEUED')
    assert.equal(v1StatusOf({ ...FACTS, status: 'pending', isScheduled: true }), 'SCHEDULED')
    assert.equal(v1StatusOf({ ...FACTS, status: 'pending', isRetrying: true }), 'FAILED_TEMP')
    assert.equal(v1StatusOf({ ...FACTS, status: 'sending', isRetrying: true }), 'SENDING')
    assert.equal(v1StatusOf({ ...FACTS, status: 'done', isRetrying: true }), 'SENT')
    assert.equal(v1StatusOf({ ...FACTS, status: 'done', deliveryStatus: 'delivered' }), 'DELIVERED')
    assert.equal(v1StatusOf({ ...FACTS, status: 'done', deliveryStatus: 'undelivered' }), 'FAILED_PERM')
    assert.equal(v1StatusOf({ ...FACTS, status: 'failed', isRetrying: true }), 'FAILED_PERM')
    assert.equal(v1StatusOf({ ...FACTS, status: 'cancelled', isScheduled: true }), 'CANCELLED')
  })

  it('of a message is the one that all recipients have', () => {
    for (const status of V1_STATUSES) assert.equal(v1StatusOfAll({ ...noCounts(), [status]: 2 }), status)
  })

  const MIXED: [Partial<Record<V1Status, number>>, V1Status][] = [
    [{ QUEUED: 1, SENT: 1 }, 'SENDING'],
    [{ QUEUED: 1, FAILED_PERM: 1 }, 'SENDING'],
    [{ QUEUED: 1, FAILED_TEMP: 1 }, 'SENDING'],
    [{ QUEUED: 1, CANCELLED: 1 }, 'QUEUED'],
    [{ SCHEDULED: 1, CANCELLED: 1 }, 'SCHEDULED'],
    [{ SENT: 1, DELIVERED: 1 }, 'SENT'],
    [{ DELIVERED: 1, FAILED_PERM: 1 }, 'DELIVERED'],
    [{ FAILED_PERM: 1, CANCELLED: 1 }, 'FAILED_PERM'],
  ]
  for (const [counts, expected] of MIXED)
    it(`of recipients with ${Object.keys(counts).join(' and ')} is ${expected}`, () => {
      assert.equal(v1StatusOfAll({ ...noCounts(), ...counts }), expected)
    })
})
