import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { HTTP_LIMITS } from '../../../src/platform/http/index.ts'
import type { HttpLimits, Listener } from '../../../src/platform/http/index.ts'
import { eventually } from '../../support/eventually.ts'
import { answersIn, dial, listenWith } from './rawClient.ts'

const ASK = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe('a connection', () => {
  const waiting: ServerResponse[] = []
  let listener: Listener
  const open = async (limits: Partial<HttpLimits>) => {
    listener = await listenWith((_request, response) => waiting.push(response), {
      checkEveryMs: 10,
      ...limits,
    })
  }
  afterEach(async () => {
    waiting.length = 0
    await listener.close(0)
  })
  const answer = (body = 'done') =>
    waiting.shift()?.writeHead(200, { 'Content-Length': body.length }).end(body)

  it('that is idle after an answer is closed in time', async () => {
    // Node adds a second of its own, so that a client that keeps to the announced time is never cut.
    await open({ keepAliveTimeoutMs: 1 })
    const client = await dial(listener)
    client.say(ASK)
    await eventually('the request arrived', () => waiting.length === 1)
    answer()
    await eventually('the connection is closed', client.isClosed)
    const [answered, ...more] = answersIn(client.got())
    assert.deepEqual([answered?.headers.get('keep-alive'), more.length], ['timeout=0', 0])
  })

  it('on which nothing was ever said does not keep the server from closing', async () => {
    await open({ headersTimeoutMs: 600_000, requestTimeoutMs: 600_000 })
    const silent = await dial(listener)
    // One that speaks comes after it, so that the server has met both.
    const client = await dial(listener)
    client.say(ASK)
    await eventually('the request arrived', () => waiting.length === 1)
    const closing = listener.close(600_000)
    answer()
    await closing
    await eventually('the connection is closed', silent.isClosed)
    assert.match(client.got(), /^HTTP\/1\.1 200 /)
  })

  it('that stands still within an exchange is closed', async () => {
    // The request has to arrive within it.
    await open({ stillTimeoutMs: 1_500 })
    const client = await dial(listener)
    client.say(ASK)
    await eventually('the request arrived', () => waiting.length === 1)
    await eventually('the connection is closed', client.isClosed)
    assert.equal(client.got(), '')
  })

  it('whose client does not take its answer is closed', async () => {
    await open({ answerTimeoutMs: 20 })
    const client = await dial(listener)
    client.socket.pause()
    client.say(ASK)
    await eventually('the request arrived', () => waiting.length === 1)
    let isOver = false
    waiting[0]?.on('close', () => (isOver = true))
    // More than the buffers between the two take.
    answer('x'.repeat(20_000_000))
    await eventually('the answer is given up', () => isOver)
    client.socket.destroy()
  })

  it('beyond the number that is served is not taken, and the others stay', async () => {
    await open({ connectionsMax: 2 })
    const [first, second] = [await dial(listener), await dial(listener)]
    const third = await dial(listener)
    await eventually('the third is closed', third.isClosed)
    assert.deepEqual([first.isClosed(), second.isClosed()], [false, false])
    for (const client of [first, second]) client.say(ASK)
    await eventually('both are served', () => waiting.length === 2)
  })

  it('is closed after so many requests, and the last answer says so', async () => {
    await open({ requestsPerConnectionMax: 2 })
    const client = await dial(listener)
    client.say(ASK + ASK + ASK)
    await eventually('two requests arrived', () => waiting.length === 2)
    answer('first')
    answer('second')
    await eventually('the connection is closed', client.isClosed)
    assert.deepEqual(
      answersIn(client.got()).map(({ body, closes }) => [body, closes]),
      [
        ['first', false],
        ['second', true],
      ],
    )
    assert.equal(waiting.length, 0)
  })
})

describe('the default limits', () => {
  it('are tight, and in an order that makes sense', async () => {
    const limits = HTTP_LIMITS
    assert.ok(limits.headersTimeoutMs <= 10_000)
    assert.ok(limits.requestTimeoutMs <= 30_000 && limits.requestTimeoutMs > limits.headersTimeoutMs)
    assert.ok(limits.checkEveryMs <= limits.headersTimeoutMs)
    assert.ok(limits.keepAliveTimeoutMs > 60_000, 'a load balancer closes first')
    assert.ok(limits.headBytesMax <= 16_384)
    const listener = await listenWith((_request, response) => response.end())
    await listener.close(0)
  })
})
