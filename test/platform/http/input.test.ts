import assert from 'node:assert/strict'
import request from 'supertest'
import { z } from 'zod'
import { readInput } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { problemOf, testApp } from '../../support/app.ts'

describe('a wrong field', () => {
  const schema = z.object({ a: z.int(), list: z.array(z.object({ b: z.string() })) })
  const checked: Route = {
    method: 'post',
    path: '/checked',
    handle: (incoming, response) => void response.json(readInput(schema, incoming.body)),
  }

  it('is named as the client wrote it', async () => {
    const { app } = testApp([checked])
    const response = await request(app)
      .post('/checked')
      .send({ a: 1.5, list: [{ b: 'x' }, { b: 1 }, {}] })
    assert.deepEqual(problemOf(response, 400, 'invalid_request').errors, [
      { field: 'a', message: 'must be a whole number' },
      { field: 'list[1].b', message: 'must be a string' },
      { field: 'list[2].b', message: 'is required' },
    ])
  })

  it('is the body when that is missing or no object', async () => {
    const { app } = testApp([checked])
    const missing = problemOf(await request(app).post('/checked'), 400, 'invalid_request')
    assert.deepEqual(missing.errors, [{ field: 'body', message: 'is required' }])
    const list = problemOf(await request(app).post('/checked').send([]), 400, 'invalid_request')
    assert.deepEqual(list.errors, [{ field: 'body', message: 'must be an object' }])
  })

  it('is one of at most 20 that are listed', async () => {
    const { app } = testApp([checked])
    const list = Array.from({ length: 1_000 }, () => ({}))
    const response = await request(app).post('/checked').send({ a: 1, list })
    assert.equal(problemOf(response, 400, 'invalid_request').errors?.length, 20)
  })
})
