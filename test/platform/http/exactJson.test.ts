import assert from 'node:assert/strict'
import request from 'supertest'
import { z } from 'zod'
import { parseExactly } from '../../../src/platform/http/exactJson.ts'
import { answerJson, readInput, wholeNumber } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { problemOf, testApp } from '../../support/app.ts'

const ROUNDED = [
  '9007199254740990.6',
  '0.99999999999999999',
  '2251799813685249.2',
  '-9007199254740990.6',
  '900719925474099.06e1',
  '1e-400',
  '0.0000000000000000000001e22000000000000000001',
]
const EXACT = [
  '1',
  '0',
  '-0',
  '1.0',
  '1e3',
  '10e-1',
  '9007199254740991',
  '1.50',
  '0.1',
  '12345678901234.5',
  '0e400',
]

describe('a number in a JSON body', () => {
  const Body = z.object({ user_id: wholeNumber(1) })
  const route: Route = {
    method: 'post',
    path: '/read',
    access: 'public',
    handle: (incoming, response) => answerJson(response, readInput(Body, incoming.body)),
  }
  const post = (text: string) =>
    request(testApp([route]).app)
      .post('/read')
      .set('Content-Type', 'application/json')
      .send(text)

  for (const number of ROUNDED.slice(0, -1))
    it(`is refused where JSON.parse would round it to a whole one: ${number}`, async () => {
      assert.ok(Number.isInteger(Number(number)))
      const { errors } = problemOf(await post(`{"user_id": ${number}}`), 400, 'invalid_request')
      assert.deepEqual(errors, [
        { field: 'user_id', message: 'must be a whole number from 1 to 9,007,199,254,740,991' },
      ])
    })

  it('is accepted when it is whole as it is written', async () => {
    for (const [number, value] of [
      ['1', 1],
      ['1.0', 1],
      ['12e2', 1200],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ] as const)
      assert.deepEqual((await post(`{"user_id":${number}}`)).body, { user_id: value })
  })

  it('is otherwise what JSON.parse makes of it, at any place', () => {
    for (const number of EXACT)
      for (const text of [number, `[${number}]`, `{"a":{"b": ${number}}}`])
        assert.deepEqual(parseExactly(text), JSON.parse(text))
    assert.deepEqual(parseExactly('["0.99999999999999999"]'), ['0.99999999999999999'])
  })
})
