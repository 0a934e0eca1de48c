import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { openBodyBudget } from '../../../src/platform/http/bodyBudget.ts'
import type { Listener } from '../../../src/platform/http/index.ts'
import { readBody } from '../../../src/platform/http/readBody.ts'
import { eventually } from '../../support/eventually.ts'
import { answersIn, assertProblem, dial, listenWith } from './rawClient.ts'

/** Waited for in each test; a request that has to be decided must come within it. */
const LIMIT_MS = 500

const bounds = () => ({ bytesMax: 1_000, valuesMax: 1_000, budget: openBodyBudget(10_000) })

describe('what arrives behind a refusal', () => {
  let listener: Listener
  /** Bodies that were read whole, so that their requests would be decided. */
  let read: string[]
  beforeEach(async () => {
    read = []
    listener = await listenWith(
      (request, response) => {
        void readBody(request, bounds()).then((body) => {
          read.push(body.toString())
          response.end('decided')
        })
      },
      { checkEveryMs: 10, requestTimeoutMs: LIMIT_MS, headersTimeoutMs: LIMIT_MS, lingerMs: 5_000 },
    )
  })
  afterEach(() => listener.close(0))

  const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n'

  /** On a machine that stands still meanwhile it is refused like the first. */
  const isAnotherDecided = async () => {
    const other = await dial(listener)
    other.say(`${HEAD}other`)
    await eventually('it is answered', () => other.got() !== '' || other.isClosed())
    other.socket.destroy()
    return read.includes('other')
  }

  for (const [what, first, rest] of [
    ['the rest of a body', `${HEAD}ab`, 'cde'],
    ['a request', 'POST / HTTP/1.1\r\nHost', `: a\r\nContent-Length: 5\r\n\r\nabcde`],
    ['another request', `${HEAD}ab`, `cde${HEAD}fghij`],
  ] as const) {
    it(`is not decided, if it is ${what}: the client was told that nothing was changed`, async () => {
      const client = await dial(listener)
      client.say(first)
      await eventually('it is refused', () => client.got().includes('request_timeout'))
      client.say(rest)
      client.socket.end()
      await eventually('the connection is over', client.isClosed)
      // A whole exchange later, whatever was to be read of the first has been.
      await eventually('another is decided', isAnotherDecided)
      assert.deepEqual([...new Set(read)], ['other'])
      assertProblem(answersIn(client.got())[0], 408, 'request_timeout')
    })
  }
})

describe('the budget of all bodies', () => {
  it('counts what a chunk costs besides its bytes, so that many small ones do not get past it', async () => {
    const request = Object.assign(new PassThrough(), { headers: {}, socket: { writable: true } })
    const body = readBody(request as unknown as IncomingMessage, {
      bytesMax: 1_000_000,
      valuesMax: 1_000,
      budget: openBodyBudget(100_000),
    })
    for (let chunk = 0; chunk < 1_000; chunk++) request.write('x')
    request.end()
    await assert.rejects(body, { code: 'overloaded' })
  })
})
