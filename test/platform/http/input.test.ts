import assert from 'node:assert/strict'
import request from 'supertest'
import { z } from 'zod'
import { readInput, readQuery } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { problemOf, testApp } from '../../support/app.ts'

describe('a wrong field', () => {
  const schema = z.object({ a: z.int(), list: z.array(z.object({ b: z.string() })) })
  const checked: Route = {
    method: 'post',
    path: '/checked',
    access: 'public',
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

  it('is listed with at most 19 others; the rest is counted', async () => {
    const { app } = testApp([checked])
    const list = Array.from({ length: 1_000 }, () => ({}))
    const problem = problemOf(
      await request(app).post('/checked').send({ a: 1, list }),
      400,
      'invalid_request',
    )
    assert.equal(problem.errors?.length, 20)
    assert.equal(problem.errors_omitted, 980)
    assert.equal(problem.detail, 'list[0].b is required. 999 more fields are wrong; see errors.')
  })

  it('is told in a sentence', async () => {
    const { app } = testApp([checked])
    const one = await request(app).post('/checked').send({ a: 1.5, list: [] })
    assert.equal(problemOf(one, 400, 'invalid_request').detail, 'a must be a whole number.')
    const two = await request(app).post('/checked').send({ a: 1.5, list: 3 })
    const { detail, errors_omitted } = problemOf(two, 400, 'invalid_request')
    assert.equal(detail, 'a must be a whole number. 1 more field is wrong; see errors.')
    assert.equal(errors_omitted, undefined)
  })
})

describe('an unknown member of what refuses unknown ones', () => {
  const schema = z.strictObject({ text: z.string(), limit: z.string().optional() })
  const read = (method: 'get' | 'post'): Route => ({
    ...{ method, path: '/strict', access: 'public' },
    handle: (incoming, response) =>
      void response.json(
        method === 'get'
          ? readQuery(schema, incoming.query, { limit: ['size'] })
          : readInput(schema, incoming.body),
      ),
  })
  const { app } = testApp([read('get'), read('post')])

  it('is a parameter in a query, and a field in a body', async () => {
    const query = problemOf(await request(app).get('/strict?text=hi&limt=5'), 400, 'invalid_request')
    assert.equal(query.detail, 'limt is not a known parameter; did you mean "limit"?')
    const body = problemOf(
      await request(app).post('/strict').send({ text: 'hi', x: 1 }),
      400,
      'invalid_request',
    )
    assert.equal(body.detail, 'x is not a known field.')
    const two = problemOf(await request(app).get('/strict?size=5'), 400, 'invalid_request')
    assert.match(two.detail, /^text is required\. 1 more parameter is wrong/)
    assert.match(two.errors?.[1]?.message ?? '', /did you mean "limit"\?$/)
  })

  it('is told once when it was meant for a field that is missing', async () => {
    const problem = problemOf(
      await request(app).post('/strict').send({ tetx: 'hi', x: 1 }),
      400,
      'invalid_request',
    )
    assert.deepEqual(problem.errors, [
      { field: 'text', message: 'is required ("tetx" is not a known field; did you mean "text"?)' },
      { field: 'x', message: 'is not a known field' },
    ])
  })
})

describe('a required field under another name', () => {
  const schema = z.object({ recipients: z.array(z.string()), balance: z.int(), note: z.string().optional() })
  const checked: Route = {
    method: 'post',
    path: '/checked',
    access: 'public',
    handle: (incoming, response) =>
      void response.json(readInput(schema, incoming.body, { balance: ['amount'] })),
  }
  const { app } = testApp([checked])
  const errorsOf = async (body: object) =>
    problemOf(await request(app).post('/checked').send(body), 400, 'invalid_request').errors?.map(
      ({ message }) => message,
    )

  it('is named when it is nearly the right one', async () => {
    for (const name of ['recipient', 'Recipients', 'recipeints']) {
      assert.deepEqual(await errorsOf({ [name]: [], balance: 1 }), [
        `is required ("${name}" is not a known field; did you mean "recipients"?)`,
      ])
    }
  })

  it('is named when it is a synonym, in any case or spelling', async () => {
    for (const name of ['amount', 'Amount', 'amuont']) {
      assert.deepEqual(await errorsOf({ recipients: [], [name]: 1 }), [
        `is required ("${name}" is not a known field; did you mean "balance"?)`,
      ])
    }
  })

  it('is not guessed: not from a known field, from an unlike one, or from one too long or too far behind', async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x${index}`, 1]))
    for (const others of [
      { note: 'x' },
      { other: 1 },
      { [`b${'-'.repeat(40)}alance`]: 1 },
      { ...many, amount: 1 },
    ]) {
      assert.deepEqual(await errorsOf({ recipients: [], ...others }), ['is required'])
    }
  })

  it('is ignored when the right one is there, though wrong', async () => {
    assert.deepEqual(await errorsOf({ recipients: [], balance: '1', amount: 1 }), ['must be a number'])
    await request(app).post('/checked').send({ recipients: [], balance: 1, amount: 2 }).expect(200)
  })
})
