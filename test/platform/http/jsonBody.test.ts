import assert from 'node:assert/strict'
import request from 'supertest'
import { answerJson } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { problemOf, testApp } from '../../support/app.ts'

const echo: Route = {
  method: 'post',
  path: '/echo',
  handle: (incoming, response) => answerJson(response, { body: incoming.body as unknown }),
}

describe('a body', () => {
  it('over the limit is answered with 413, whether its length is announced or not', async () => {
    const { app } = testApp([echo], { bodyBytesMax: 1_024 })
    const fits = JSON.stringify({ a: 'x'.repeat(1_024 - 8) })
    assert.equal(fits.length, 1_024)
    const post = () => request(app).post('/echo').set('Content-Type', 'application/json')
    assert.equal((await post().send(fits)).status, 200)
    problemOf(await post().send(`${fits} `), 413, 'body_too_large')
    const chunked = post().set('Transfer-Encoding', 'chunked')
    chunked.write(fits)
    chunked.write(' ')
    problemOf(await chunked, 413, 'body_too_large')
  })

  it('that is not JSON is answered with 415', async () => {
    const { app } = testApp([echo])
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'application/jsonp',
    ]) {
      problemOf(
        await request(app).post('/echo').set('Content-Type', type).send('{}'),
        415,
        'unsupported_media_type',
      )
    }
    const untyped = request(app).post('/echo').set('Content-Type', '').send('{}')
    problemOf(await untyped, 415, 'unsupported_media_type')
    const utf16 = request(app).post('/echo').set('Content-Type', 'application/json; charset=utf-16')
    problemOf(await utf16.send('{}'), 415, 'unsupported_media_type')
    const zipped = request(app)
      .post('/echo')
      .set('Content-Type', 'application/json')
      .set('Content-Encoding', 'gzip')
    problemOf(await zipped.send('{}'), 415, 'unsupported_media_type')
  })

  it('that is malformed is answered with 400, without quoting it', async () => {
    const { app, log } = testApp([echo])
    const deep = '['.repeat(500_000)
    for (const body of [
      '{',
      '{"text":"secret words"',
      '',
      '"text"',
      'null',
      '{"a":1e}',
      "{'a':1}",
      '{"a":NaN}',
      deep,
    ]) {
      const response = await request(app).post('/echo').set('Content-Type', 'application/json').send(body)
      if (body === '') assert.equal(response.status, 200)
      else assert.doesNotMatch(JSON.stringify(problemOf(response, 400, 'malformed_body')), /secret/)
    }
    assert.doesNotMatch(log.text(), /secret/)
  })

  it('that is not UTF-8 is refused and not repaired', async () => {
    const { app } = testApp([echo])
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    const post = request(app).post('/echo').set('Content-Type', 'application/json')
    problemOf(await post.serialize((body) => body as string).send(bytes), 400, 'malformed_body')
  })
})
