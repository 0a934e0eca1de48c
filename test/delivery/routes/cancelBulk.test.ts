import assert from 'node:assert/strict'
import request from 'supertest'
import { CancelInterrupted } from '../../../src/delivery/index.ts'
import type { BulkCancellation } from '../../../src/delivery/index.ts'
import { cancelBulkRoute } from '../../../src/delivery/routes/cancelBulk.ts'
import { CommitUnknown } from '../../../src/platform/db/index.ts'
import { accessOf } from '../../accounts/accessOf.ts'
import { problemOf, testApp } from '../../support/app.ts'

const ID = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040'
const NONE = { pending: 0, sending: 0, done: 0, failed: 0, cancelled: 0 }

/** The route over a verb that gives one result and keeps what it was asked. */
function cancelling(
  result: BulkCancellation | Error | undefined,
  { isTest = false, isTestBulk = false } = {},
) {
  const asked: object[] = []
  const route = cancelBulkRoute(
    (key) => {
      asked.push(key)
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result)
    },
    () => Promise.resolve({ isTest: isTestBulk }),
  )
  const { app } = testApp([route], { authorize: () => ({ ...accessOf(), isTest }) })
  return { asked, send: (id = ID) => request(app).delete(`/v1/bulks/${id}`) }
}

describe('DELETE /v1/bulks/{id}', () => {
  it('200: says what is cancelled and came back, whatever the case of the identifier', async () => {
    const counts = { ...NONE, cancelled: 3, done: 4 }
    const { asked, send } = cancelling({
      counts,
      refunded: 9,
      messages: 2,
      cancelledNow: 0,
      isStopped: false,
    })
    const { body } = await send(ID.toUpperCase()).expect(200)
    assert.deepEqual(body, { id: ID, cancelled: 2, recipients: 3, refunded: 9 })
    assert.deepEqual(asked, [{ userId: 1, bulkId: ID }])
  })

  it('200: also when the rest alone is cancelled', async () => {
    const counts = { ...NONE, done: 2 }
    const { send } = cancelling({ counts, refunded: 0, messages: 0, cancelledNow: 0, isStopped: true })
    assert.deepEqual((await send().expect(200)).body, { id: ID, cancelled: 0, recipients: 0, refunded: 0 })
  })

  it('403: cancels bulks of test keys alone for a test key', async () => {
    const { asked, send } = cancelling(undefined, { isTest: true })
    problemOf(await send(), 403, 'live_key_required')
    assert.equal(asked.length, 0)
    const cancelled = {
      counts: { ...NONE, cancelled: 1 },
      refunded: 0,
      messages: 1,
      cancelledNow: 1,
      isStopped: false,
    }
    await cancelling(cancelled, { isTest: true, isTestBulk: true }).send().expect(200)
  })

  it('404: knows no bulk of another customer, and no malformed identifier', async () => {
    problemOf(await cancelling(undefined).send(), 404, 'bulk_not_found')
    problemOf(await cancelling(undefined).send('x'), 404, 'bulk_not_found')
  })

  it('409: says why nothing is cancelled', async () => {
    const counts = { ...NONE, done: 2 }
    const refused = problemOf(
      await cancelling({ counts, refunded: 0, messages: 0, cancelledNow: 0, isStopped: false }).send(),
      409,
      'not_cancellable',
    )
    assert.equal(refused.detail, 'It was sent. Nothing was changed.')
  })

  it('503: asks for a repeat when it was interrupted after something was cancelled', async () => {
    const interrupted = new CancelInterrupted(new Error())
    problemOf(await cancelling(interrupted).send(), 503, 'outcome_unknown')
  })

  it('503: asks for a repeat when the answer to a COMMIT was lost', async () => {
    const lost = new CommitUnknown('delivery.cancel_bulk', new Error())
    problemOf(await cancelling(lost).send(), 503, 'outcome_unknown')
  })
})
