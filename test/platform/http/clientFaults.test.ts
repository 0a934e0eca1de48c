import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { Listener } from '../../../src/platform/http/index.ts'
import { eventually } from '../../support/eventually.ts'
import { answersIn, assertProblem, dial, listenWith } from './rawClient.ts'

/** Between two looks at the time-outs, in these tests. */
const OFTEN = { checkEveryMs: 10, lingerMs: 50 }
/** Waited for in full; the headers that a test says must come within it. */
const LIMIT_MS = 1_500

describe('what never becomes a request', () => {
  const waiting: ServerResponse[] = []
  let listener: Listener
  const open = async (limits: Parameters<typeof listenWith>[1] = {}) => {
    listener = await listenWith((_request, response) => waiting.push(response), { ...OFTEN, ...limits })
    return listener
  }
  afterEach(async () => {
    waiting.length = 0
    await listener.close(0)
  })

  async function answerTo(bytes: string) {
    const client = await dial(listener)
    client.say(bytes)
    await eventually('the connection is closed', client.isClosed)
    const answers = answersIn(client.got())
    assert.equal(answers.length, 1)
    assert.equal(answers[0]?.closes, true)
    return answers[0]
  }

  it('is answered with a problem document', async () => {
    await open()
    assertProblem(await answerTo('\0\0\0\r\n\r\n'), 400, 'malformed_request')
    assertProblem(await answerTo('FOO / HTTP/1.1\r\nHost: a\r\n\r\n'), 400, 'malformed_request')
    const both =
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    assertProblem(await answerTo(both), 400, 'malformed_request')
    assert.equal(waiting.length, 0)
  })

  it('is answered with 431 when its headers are too long', async () => {
    await open({ headBytesMax: 2_000 })
    const long = `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'v'.repeat(2_000)}\r\n\r\n`
    assertProblem(await answerTo(long), 431, 'headers_too_large')
  })

  it('is answered with 413 when its chunks carry more than the body', async () => {
    await open()
    const chunk = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a=b;'.repeat(10_000)}\r\n`
    assertProblem(await answerTo(chunk), 413, 'body_too_large')
  })

  it('is answered with 405 when it wants a proxy', async () => {
    await open()
    const answer = await answerTo('CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n')
    assertProblem(answer, 405, 'method_not_allowed')
    assert.equal(answer?.headers.get('allow'), 'GET, HEAD, POST, PATCH, DELETE, OPTIONS')
  })

  it('is answered with 408 when its headers, or its body, do not come in time', async () => {
    await open({ headersTimeoutMs: LIMIT_MS })
    assertProblem(await answerTo('GET / HTTP/1.1\r\nHost'), 408, 'request_timeout')
    // A client that never says a word is no different.
    assertProblem(await answerTo(''), 408, 'request_timeout')
    await listener.close(0)

    await open({ headersTimeoutMs: LIMIT_MS, requestTimeoutMs: LIMIT_MS })
    const half = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf'
    assertProblem(await answerTo(half), 408, 'request_timeout')
    assert.equal(waiting.length, 1)
  })

  it('keeps its answer to itself while a request before it is at work, and lets that one be answered first', async () => {
    for (const garbage of ['\0\0\0\r\n\r\n', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n']) {
      await open()
      const client = await dial(listener)
      client.say(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${garbage}`)
      await eventually('the request arrived', () => waiting.length === 1)
      // What comes now belongs to a connection that is over.
      client.say('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.equal(client.got(), '')
      const body = 'its own'
      waiting[0]?.writeHead(200, { 'Content-Length': body.length }).end(body)
      await eventually('the connection is closed', client.isClosed)
      const answers = answersIn(client.got())
      assert.deepEqual([answers.length, answers[0]?.status, answers[0]?.body], [1, 200, body])
      assert.equal(waiting.length, 1)
      waiting.length = 0
      await listener.close(0)
    }
    await open()
  })

  it('gets no second answer when it had one before its end', async () => {
    await open({ headersTimeoutMs: LIMIT_MS, requestTimeoutMs: LIMIT_MS })
    const client = await dial(listener)
    client.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
    await eventually('the request arrived', () => waiting.length === 1)
    waiting[0]?.writeHead(413, { 'Content-Length': 0 }).end()
    await eventually('the connection is closed', client.isClosed)
    assert.deepEqual(
      answersIn(client.got()).map(({ status }) => status),
      [413],
    )
  })

  it('is heard by a client that is still sending: the connection ends, and is not reset', async () => {
    await open({ headBytesMax: 2_000, lingerMs: 5_000 })
    const client = await dial(listener)
    client.say(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'v'.repeat(3_000)}`)
    await eventually('the answer arrived', () => answersIn(client.got()).length === 1)
    for (let i = 0; i < 50; i++) client.say('v'.repeat(10_000))
    client.socket.end()
    await eventually('the connection is over', () => client.socket.destroyed)
    assert.equal(client.fault(), undefined)
    assertProblem(answersIn(client.got())[0], 431, 'headers_too_large')
  })
})
