import assert from 'node:assert/strict'
import request from 'supertest'
import type { BulkView } from '../../../../src/messages/bulk/readBulk.ts'
import { bulkRoute } from '../../../../src/messages/routes/bulk/bulk.ts'
import { accessOf } from '../../../accounts/accessOf.ts'
import { problemOf, testApp } from '../../../support/app.ts'

const ID = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040'
const COUNTS = {
  ...{ QUEUED: 1, SCHEDULED: 0, SENDING: 0, SENT: 2, DELIVERED: 0, FAILED_TEMP: 0, FAILED_PERM: 0 },
  CANCELLED: 0,
}

function reading(bulk: BulkView | undefined) {
  const asked: object[] = []
  const route = bulkRoute((key) => {
    asked.push(key)
    return Promise.resolve(bulk)
  })
  const { app } = testApp([route], { authorize: () => accessOf() })
  return { asked, send: (id = ID) => request(app).get(`/v1/bulks/${id}`) }
}

describe('GET /v1/bulks/{id}', () => {
  it('200: shows what was decided and the results of the messages', async () => {
    const { asked, send } = reading({
      ...{ bulkId: ID, isTest: false, messages: 5, accepted: 3, refused: 2, cost: 7, counts: COUNTS },
      createdAt: new Date('2027-03-01T00:00:00Z'),
    })
    assert.deepEqual((await send().expect(200)).body, {
      ...{ id: ID, messages: 5, accepted: 3, refused: 2, cost: 7, counts: COUNTS },
      created_at: '2027-03-01T00:00:00.000Z',
    })
    assert.deepEqual(asked, [{ userId: 1, bulkId: ID }])
  })

  it('404: knows no other bulk', async () => {
    problemOf(await reading(undefined).send(), 404, 'bulk_not_found')
  })
})
