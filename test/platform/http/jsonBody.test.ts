import assert from 'node:assert/strict'
import request from 'supertest'
import { answerJson } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { problemOf, testApp } from '../../support/app.ts'
import { eventually } from '../../support/eventually.ts'
import { answersIn, assertProblem, dial, listenWith } from './rawClient.ts'

const echo: Route = {
  method: 'post',
  path: '/echo',
  access: 'public',
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

  it('of far too many values is answered with 413 before it is parsed, whatever its texts contain', async () => {
    const { app } = testApp([{ ...echo, body: { bytesMax: 100_000, valuesMax: 1_000 } }])
    const post = (body: string) =>
      request(app).post('/echo').set('Content-Type', 'application/json').send(body)
    const list = (count: number, value: string) => `{"a":[${Array(count).fill(value).join(',')}]}`
    // The object, the list and its values.
    assert.equal((await post(list(997, '1.5'))).status, 200)
    problemOf(await post(list(1_001, '1.5')), 413, 'body_too_large')
    problemOf(await post(list(600, '[]')), 413, 'body_too_large')
    problemOf(await post(`${'['.repeat(1_100)}${']'.repeat(1_100)}`), 413, 'body_too_large')
    const texts = ['"', '\\', '\\"', ',', '[{,'].map((text) => JSON.stringify(text.repeat(1_500)))
    assert.equal((await post(list(5, texts.join(',')))).status, 200)
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
    const deep = '['.repeat(49_000)
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

describe('bodies together', () => {
  it('have a bound, beyond which one more is answered with 503, and room again when some are done', async () => {
    const listener = await listenWith(testApp([echo], { bodyBytesMax: 1_000, bodiesBytesMax: 2_500 }).app)
    const head =
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'
    const body = `{"a":"${'x'.repeat(992)}"}`
    const holds = await dial(listener)
    holds.say(head + body.slice(0, -1))
    const ask = async () => {
      const client = await dial(listener)
      client.say(head + body)
      await eventually('an answer arrived', () => answersIn(client.got()).length === 1)
      client.socket.destroy()
      return answersIn(client.got())[0]
    }
    await eventually('there is no more room', async () => (await ask())?.status === 503)
    const refused = await ask()
    assertProblem(refused, 503, 'overloaded')
    assert.match(refused?.headers.get('retry-after') ?? '', /^[1-9]/)
    holds.say(body.slice(-1))
    await eventually('the first is answered', () => answersIn(holds.got())[0]?.status === 200)
    assert.equal((await ask())?.status, 200)

    const leaves = await dial(listener)
    leaves.say(head + body.slice(0, -1))
    await eventually('there is no more room', async () => (await ask())?.status === 503)
    leaves.socket.destroy()
    await eventually('there is room again', async () => (await ask())?.status === 200)
    holds.socket.destroy()
    await listener.close(0)
  })

  it('are read after a byte order mark, and of a name given twice the last one counts', async () => {
    const { app } = testApp([echo])
    const post = (body: string) =>
      request(app).post('/echo').set('Content-Type', 'application/json').send(body)
    assert.deepEqual((await post('\ufeff{"a":1}')).body, { body: { a: 1 } })
    assert.deepEqual((await post('{"a":1,"a":2}')).body, { body: { a: 2 } })
    const { text } = await post('{"__proto__":{"polluted":1},"constructor":1}')
    assert.equal(text, '{"body":{"__proto__":{"polluted":1},"constructor":1}}')
    assert.equal(({} as { polluted?: number }).polluted, undefined)
  })
})
