import assert from 'node:assert/strict'
import { isPlanned } from '../../chaos/proof/planned.ts'

describe('the answers that a run expects', () => {
  const PLANNED = [
    ...['200', '402 insufficient_balance', '503 overloaded', 'no answer', 'no connection'],
    ...['with key: 202', 'with key: 202 replayed', 'with key: 404 not_found', 'with key: send_at has passed'],
    ...['with key: 402 spend_limit', 'bulk: 202 none accepted', 'bulk: one of all or nothing is wrong'],
    ...[
      'in a bulk: accepted',
      'in a bulk: wrong number',
      'in a bulk: spend_limit',
      'bulk: 503 bulk_incomplete',
    ],
    ...['read bulk: 200', 'cancel bulk: 409 not_cancellable', 'top-up with key: 200 replayed'],
    ...['cancel: 200', 'cancel: 409 not_cancellable', 'cancel: 404 not_found', 'cancel: 503 outcome_unknown'],
  ]
  for (const label of PLANNED) it(`have "${label}"`, () => assert.ok(isPlanned(label)))

  const UNPLANNED = [
    ...['404 not_found', '500 internal_error', '401 invalid_key'],
    ...[
      'with key: 401 invalid_key',
      'with key: 402 insufficient_balance',
      'with key: 422 idempotency_key_reused',
    ],
    ...['with key: 429 rate_limited', 'with key: 400 invalid_request'],
    ...['bulk: 400 invalid_request', 'bulk: 402 insufficient_balance', 'in a bulk: invalid_request'],
    ...['read bulk: 404 bulk_not_found', 'cancel bulk: 404 bulk_not_found', 'quote: 200'],
    ...['top-up with key: 404 customer_not_found', 'top-up with key: 403 admin_key_required'],
    ...['cancel: 404 message_not_found', 'cancel: 500 internal_error'],
  ]
  for (const label of UNPLANNED) it(`do not have "${label}"`, () => assert.ok(!isPlanned(label)))
})
