import assert from 'node:assert/strict'
import request from 'supertest'
import type { TopUpRequest, TopUpDecision } from '../../../src/ledger/types.ts'
import { topUpRoute } from '../../../src/ledger/routes/topUp.ts'
import { problemOf, testApp } from '../../support/app.ts'
import type { ProblemBody } from '../../support/app.ts'

const ADDED: TopUpDecision = { kind: 'added', balance: 300, transactionId: 't1' }

function adding(decision: TopUpDecision) {
  const asked: TopUpRequest[] = []
  const route = topUpRoute((topUp) => {
    asked.push(topUp)
    return Promise.resolve(decision)
  })
  const { app } = testApp([route])
  const post = (body: object | string) =>
    request(app).post('/balance/add').set('Content-Type', 'application/json').send(body)
  return { asked, post }
}

describe('POST /balance/add', () => {
  it('200: answers with the balance after it', async () => {
    const { asked, post } = adding(ADDED)
    const response = await post({ user_id: 1, balance: 100, description: 'top-up' }).expect(200)
    assert.deepEqual(response.body, { user_id: 1, balance: 300, transaction_id: 't1' })
    assert.deepEqual(asked, [{ userId: 1, amount: 100, description: 'top-up', keyed: undefined }])
  })

  it('200: needs no description', async () => {
    const { asked, post } = adding(ADDED)
    await post({ user_id: 1, balance: 1 }).expect(200)
    await post({ user_id: 1, balance: 1, description: '' }).expect(200)
    await post({ user_id: 1, balance: 1, description: '😀'.repeat(255) }).expect(200)
    assert.deepEqual(
      asked.map(({ description }) => description.length),
      [0, 0, 510],
    )
  })

  for (const [name, body, field] of [
    ['a missing balance', '{"user_id":1}', 'balance'],
    ['balance 0', '{"user_id":1,"balance":0}', 'balance'],
    ['a negative balance', '{"user_id":1,"balance":-5}', 'balance'],
    ['a fractional balance', '{"user_id":1,"balance":1.5}', 'balance'],
    ['a balance of 1e999', '{"user_id":1,"balance":1e999}', 'balance'],
    ['a balance of 2^53', '{"user_id":1,"balance":9007199254740992}', 'balance'],
    ['a balance of 2^53+1, which JSON rounds', '{"user_id":1,"balance":9007199254740993}', 'balance'],
    ['a balance in words', '{"user_id":1,"balance":"100"}', 'balance'],
    ['a balance in a list', '{"user_id":1,"balance":[100]}', 'balance'],
    ['a missing user_id', '{"balance":1}', 'user_id'],
    ['user_id 0', '{"user_id":0,"balance":1}', 'user_id'],
    ['a user_id of 2^53+1', '{"user_id":9007199254740993,"balance":1}', 'user_id'],
    [
      'a description too long',
      JSON.stringify({ user_id: 1, balance: 1, description: 'x'.repeat(256) }),
      'description',
    ],
    ['a description that is a number', '{"user_id":1,"balance":1,"description":7}', 'description'],
    ['a description with NUL', '{"user_id":1,"balance":1,"description":"a\\u0000"}', 'description'],
    [
      'a description with a lone surrogate',
      '{"user_id":1,"balance":1,"description":"\\ude00"}',
      'description',
    ],
  ] as const) {
    it(`400: ${name} is named and changes nothing`, async () => {
      const { asked, post } = adding(ADDED)
      const problem = JSON.parse((await post(body).expect(400)).text) as ProblemBody
      assert.equal(problem.code, 'invalid_request')
      assert.deepEqual(
        problem.errors?.map((error) => error.field),
        [field],
      )
      assert.deepEqual(asked, [])
    })
  }

  it('400: names the fields that were probably meant for missing ones', async () => {
    const { post } = adding(ADDED)
    const problem = problemOf(await post({ customer_id: 1, amount: 100 }), 400, 'invalid_request')
    assert.deepEqual(problem.errors, [
      {
        field: 'user_id',
        message: 'is required ("customer_id" is not a known field; did you mean "user_id"?)',
      },
      { field: 'balance', message: 'is required ("amount" is not a known field; did you mean "balance"?)' },
    ])
  })

  it('409: a balance that would pass what can be counted exactly', async () => {
    const { post } = adding({ kind: 'balance_limit' })
    const problem = JSON.parse((await post({ user_id: 1, balance: 1 }).expect(409)).text) as ProblemBody
    assert.equal(problem.code, 'balance_limit')
  })

  it('503: an unknown outcome names the identifier to look up, and has no Retry-After', async () => {
    const { post } = adding({ kind: 'outcome_unknown', transactionId: 't2' })
    const response = await post({ user_id: 1, balance: 1 }).expect(503)
    const problem = JSON.parse(response.text) as ProblemBody & { transaction_id: string }
    assert.deepEqual([problem.code, problem.transaction_id], ['outcome_unknown', 't2'])
    assert.equal(response.get('Retry-After'), undefined)
  })

  it('200: a request with a key hands it on, with the answer that a repeat gets', async () => {
    const { asked, post } = adding(ADDED)
    const response = await post({ user_id: 1, balance: 100 }).set('Idempotency-Key', '"k1"').expect(200)
    const [{ keyed } = {}] = asked
    const { fingerprint, ...scope } = keyed?.request ?? {}
    assert.deepEqual(scope, { userId: 1, route: 'balance/add', isTest: false, key: 'k1' })
    assert.equal(fingerprint?.length, 32)
    const kept = keyed?.answerOf({ kind: 'added', balance: 300, transactionId: 't1' })
    assert.deepEqual([kept?.status, kept?.body.toString()], [200, response.text])
    assert.equal(response.get('Idempotent-Replayed'), undefined)
  })

  it('200: a repeat gets the first answer byte for byte', async () => {
    const body = Buffer.from('{"user_id":1, "balance":100}')
    const { post } = adding({ kind: 'replayed', answer: { identifier: 't1', status: 200, body } })
    const response = await post({ user_id: 1, balance: 100 }).set('Idempotency-Key', 'k1').expect(200)
    assert.deepEqual([response.text, response.get('Idempotent-Replayed')], [body.toString(), 'true'])
    assert.match(response.get('Content-Type') ?? '', /^application\/json/)
  })

  it('400, 422: a malformed key, and one that another request used', async () => {
    const { asked, post } = adding({ kind: 'key_reused' })
    const malformed = await post({ user_id: 1, balance: 1 }).set('Idempotency-Key', 'a b')
    problemOf(malformed, 400, 'malformed_idempotency_key')
    assert.deepEqual(asked, [])
    const reused = await post({ user_id: 1, balance: 1 }).set('Idempotency-Key', 'k1')
    problemOf(reused, 422, 'idempotency_key_reused')
  })

  it('503: an unknown outcome of a request with a key may be repeated', async () => {
    const { post } = adding({ kind: 'outcome_unknown', transactionId: 't2' })
    const response = await post({ user_id: 1, balance: 1 }).set('Idempotency-Key', 'k1')
    const problem = problemOf(response, 503, 'outcome_unknown')
    assert.match(problem.detail, /same Idempotency-Key/)
    assert.equal(response.get('Retry-After'), '1')
  })
})
