import assert from 'node:assert/strict'
import request from 'supertest'
import type { Cancellation } from '../../../src/delivery/index.ts'
import { cancelRoute } from '../../../src/delivery/routes/cancel.ts'
import type { V1Status } from '../../../src/messages/index.ts'
import { CommitUnknown } from '../../../src/platform/db/index.ts'
import { keyRequired, missingScope } from '../../../src/platform/http/index.ts'
import type { Access } from '../../../src/primitives/access.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { accessOf } from '../../accounts/accessOf.ts'
import { problemOf, testApp } from '../../support/app.ts'

const ID = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043'
const NONE = { pending: 0, sending: 0, done: 0, failed: 0, cancelled: 0 }

/** The route over a verb that gives one result and keeps what it was asked. */
function cancelling(
  result: Cancellation | Error | undefined,
  authorize: () => Access = () => accessOf(),
  status: V1Status = 'CANCELLED',
  isTest = false,
) {
  const asked: object[] = []
  const route = cancelRoute(
    (key) => {
      asked.push(key)
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result)
    },
    () => Promise.resolve({ status, isTest }),
  )
  const { app } = testApp([route], { authorize })
  return { asked, send: (id = ID) => request(app).delete(`/v1/messages/${id}`) }
}

function left(counts: Partial<Cancellation['counts']>, refunded = 0): Cancellation {
  return { counts: { ...NONE, ...counts }, refunded, cancelledNow: 0 }
}

describe('DELETE /v1/messages/{id}', () => {
  it('200: says what is cancelled and came back, whatever the case of the identifier', async () => {
    const { asked, send } = cancelling(left({ cancelled: 2 }, 6))
    const { body } = await send(ID.toUpperCase()).expect(200)
    assert.deepEqual(body, { id: ID, status: 'CANCELLED', cancelled: 2, refunded: 6 })
    assert.deepEqual(asked, [{ userId: 1, smsIdentifier: ID }])
  })

  it('200: says where the rest of a message is', async () => {
    for (const [counts, status] of [
      [{ cancelled: 1, sending: 1 }, 'SENDING'],
      [{ cancelled: 1, done: 1 }, 'DELIVERED'],
      [{ cancelled: 1, failed: 1 }, 'FAILED_PERM'],
    ] as const) {
      const { body } = await cancelling(left(counts, 1), undefined, status).send().expect(200)
      assert.deepEqual(body, { id: ID, status, cancelled: 1, refunded: 1 })
    }
  })

  it('401, 403: needs a key with the scope send', async () => {
    const refuse = (problem: Error) => () => {
      throw problem
    }
    problemOf(await cancelling(undefined, refuse(keyRequired())).send(), 401, 'key_required')
    problemOf(await cancelling(undefined, refuse(missingScope('send'))).send(), 403, 'missing_scope')
  })

  it('403: a test key cancels no live message', async () => {
    const { asked, send } = cancelling(left({ cancelled: 1 }), () => accessOf({ isTest: true }))
    problemOf(await send(), 403, 'live_key_required')
    assert.deepEqual(asked, [])
  })

  it('200: a test key cancels a test message, and so does a live key', async () => {
    for (const isTest of [true, false]) {
      const { send } = cancelling(left({ cancelled: 1 }), () => accessOf({ isTest }), 'CANCELLED', true)
      assert.equal((await send().expect(200)).body.refunded, 0)
    }
  })

  it('404: answers for an unknown message and for what is no identifier alike', async () => {
    const { asked, send } = cancelling(undefined)
    const unknown = problemOf(await send(), 404, 'message_not_found')
    for (const id of ['4711', "'", '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f04'])
      assert.equal(
        problemOf(await send(encodeURIComponent(id)), 404, 'message_not_found').detail,
        unknown.detail,
      )
    assert.equal(asked.length, 1)
  })

  it('409: says why nothing is cancelled', async () => {
    for (const [counts, reason] of [
      [{ sending: 1, done: 1 }, /^It is being sent\./],
      [{ pending: 1, done: 1 }, /^An operator may have it already\./],
      [{ done: 1, failed: 1 }, /^It was sent\./],
      [{ failed: 1 }, /^It failed, and was refunded\./],
    ] as const)
      assert.match(problemOf(await cancelling(left(counts)).send(), 409, 'not_cancellable').detail, reason)
  })

  it('503: asks for a repeat when the message cannot be read any more after it was cancelled', async () => {
    const cancel = () => Promise.resolve(left({ cancelled: 1 }, 1))
    const gone = new Unavailable(
      'database_unavailable',
      'The database cannot be reached. Nothing was changed.',
    )
    const { app } = testApp([cancelRoute(cancel, () => Promise.reject(gone))], {
      authorize: () => accessOf(),
    })
    problemOf(await request(app).delete(`/v1/messages/${ID}`), 503, 'outcome_unknown')
  })

  it('503: asks for a repeat when the answer to the commit was lost', async () => {
    const lost = new CommitUnknown('delivery.cancel', new Error())
    problemOf(await cancelling(lost).send(), 503, 'outcome_unknown')
  })
})
