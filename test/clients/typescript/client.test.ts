import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { createClient, NoAnswerError, ProblemError } from '../../../clients/typescript/src/index.ts'
import type { ChaparClient, ClientOptions } from '../../../clients/typescript/src/index.ts'
import { sleep } from '../../../clients/typescript/src/sleep.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'
import { changeCustomer } from '../../../src/accounts/index.ts'
import { ACTOR, contextOf, newCustomer, newKey } from '../../accounts/arrangeAccounts.ts'
import { balanceOf, fund } from '../../support/arrange.ts'
import { collect } from '../../support/collect.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'

const TO = '+989120000001'
const IN_AN_HOUR = () => new Date(Date.now() + 3_600_000).toISOString()
const EXAMPLE = resolve(import.meta.dirname, '../../../clients/typescript/example/send.ts')

describe('the TypeScript client of a running engine', () => {
  let engine: TestEngine
  let proxy: TcpProxy
  let heard = ''
  let apiKey: string
  let customers = 0
  before(async () => {
    engine = await startTestEngine()
    proxy = await openTcpProxy(engine.url)
    proxy.onBytes((bytes, direction) => {
      if (direction === 'toServer') heard += bytes.toString('latin1')
    })
  })
  after(async () => {
    await proxy.close()
    await engine.stop()
  })

  /** A customer of its own, whose client goes through the proxy. */
  async function arrange(balance: number, options: Partial<ClientOptions> = {}) {
    const userId = ++customers
    await fund(engine.db, userId, balance)
    const { publicId } = await newCustomer(engine.db, 'Example Ltd', userId)
    apiKey = (await newKey(engine.db, userId)).text
    heard = ''
    const chapar: ChaparClient = createClient({ baseUrl: proxy.url, apiKey, random: () => 0, ...options })
    return { userId, publicId, chapar }
  }

  /** Cuts the connection in front of the first answer with this status. */
  function loseAnswer(status: number): void {
    const forget = proxy.onBytes((bytes, direction, link) => {
      if (direction !== 'toClient' || !bytes.toString('latin1').startsWith(`HTTP/1.1 ${status}`)) return
      forget()
      link.cut()
    })
  }

  const requests = (line: string) => heard.split(`${line} HTTP/1.1\r\n`).length - 1
  const keysHeard = () => [...heard.matchAll(/^idempotency-key: (\S+)/gim)].map(([, key]) => key)

  it('sends, reads, lists and cancels', async () => {
    const { chapar, userId } = await arrange(100)
    const to = [TO, '+989120000002']
    const quote = await chapar.quote({ to, text: 'hi' })
    assert.deepEqual([quote.cost, quote.parts, quote.encoding, quote.balance_after], [2, 1, 'gsm7', 98])

    const sent = await chapar.sendMessage({ to, text: 'hi', send_at: IN_AN_HOUR(), max_price: 2 })
    assert.deepEqual([sent.status, sent.recipients, sent.cost], ['SCHEDULED', 2, 2])
    const { id, status, cost_cents: cost } = await chapar.getMessage(sent.message_id)
    assert.deepEqual([id, status, cost], [sent.message_id, 'SCHEDULED', 2])
    const { recipients, next_cursor: next } = await chapar.listRecipients(id)
    assert.deepEqual([recipients.map((each) => each.to).sort(), next], [to, null])

    const cancelled = await chapar.cancelMessage(id)
    assert.deepEqual([cancelled.status, cancelled.cancelled, cancelled.refunded], ['CANCELLED', 2, 2])
    const { transactions } = await chapar.listTransactions()
    assert.deepEqual(transactions.map(({ amount }) => amount).sort(), [-2, 1, 1, 100])
    assert.equal((await chapar.me()).user_id, userId)
  })

  it('manages keys', async () => {
    const { chapar } = await arrange(0)
    const created = await chapar.createKey({ name: 'shop', scopes: ['read'] })
    const keys = await collect(chapar.eachKey({ limit: 1 }))
    assert.deepEqual(
      keys.map(({ name }) => name),
      ['shop', 'key'],
    )
    assert.equal((await chapar.revokeKey(created.id)).status, 'revoked')
    const [newest] = (await chapar.listKeys()).keys
    assert.ok(newest?.revoked_at)
  })

  it('is charged once when the answer is lost after the request went through', async () => {
    const { chapar, userId } = await arrange(100)
    loseAnswer(202)
    const { message_id: id } = await chapar.sendMessage({ to: TO, text: 'hi', send_at: IN_AN_HOUR() })
    assert.equal(requests('POST /v1/messages'), 2)
    const [first, second] = keysHeard()
    assert.ok(first !== undefined && first === second)
    assert.deepEqual(
      (await chapar.listMessages()).messages.map((message) => message.id),
      [id],
    )
    assert.equal(await balanceOf(engine.db, userId), 99)
  })

  it('is charged once when the answer does not arrive in time', async () => {
    const { chapar, userId } = await arrange(100, { timeoutMs: 2_000 })
    const forget = proxy.onBytes((bytes, direction, link) => {
      if (direction !== 'toClient' || !bytes.toString('latin1').startsWith('HTTP/1.1 202')) return
      forget()
      link.silence('toClient')
    })
    await chapar.sendMessage({ to: TO, text: 'hi', send_at: IN_AN_HOUR() })
    assert.equal(new Set(keysHeard()).size, 1)
    assert.ok(requests('POST /v1/messages') >= 2)
    assert.equal(await balanceOf(engine.db, userId), 99)
  })

  it('sends one message for two calls with one key, and refuses the key for another message', async () => {
    const { chapar, userId } = await arrange(100)
    const message = { to: TO, text: 'hi', send_at: IN_AN_HOUR() }
    const options = { idempotencyKey: 'order-1843' }
    assert.deepEqual(
      await chapar.sendMessage(message, options),
      await chapar.sendMessage({ ...message }, options),
    )
    await assert.rejects(chapar.sendMessage({ ...message, text: 'ho' }, options), {
      ...{ name: 'ProblemError', status: 422, code: 'idempotency_key_reused', attempts: 1 },
    })
    assert.equal(await balanceOf(engine.db, userId), 99)
  })

  it('sends a bulk once when its answer is lost, and cancels what waits of it', async () => {
    const { chapar, userId } = await arrange(100)
    loseAnswer(202)
    const message = { to: TO, text: 'hi', send_at: IN_AN_HOUR() }
    const sent = await chapar.sendBulk({ messages: [message, { ...message, text: '' }, message] })
    assert.deepEqual([sent.accepted, sent.refused, sent.results[1]?.code], [2, 1, 'invalid_request'])
    assert.equal(requests('POST /v1/messages/bulk'), 2)
    assert.equal(new Set(keysHeard()).size, 1)
    assert.equal(await balanceOf(engine.db, userId), 98)
    const id = sent.bulk_id ?? ''
    assert.equal((await chapar.getBulk(id)).id, id)
    await chapar.cancelBulk(id)
    assert.equal(await balanceOf(engine.db, userId), 100)
  })

  it('does not create a second key when the answer to the first is lost', async () => {
    const { chapar } = await arrange(0)
    loseAnswer(201)
    await assert.rejects(chapar.createKey({ name: 'shop', scopes: ['read'] }), (error: unknown) => {
      assert.ok(error instanceof NoAnswerError)
      assert.deepEqual([error.attempts, error.mayHaveSucceeded], [1, true])
      return true
    })
    assert.equal((await chapar.listKeys()).keys.length, 2)
  })

  it('waits for Retry-After, and meets no second refusal then', async () => {
    const waitsMs: number[] = []
    const seen: { status: number; retryAfter: string | null }[] = []
    const { chapar, publicId, userId } = await arrange(100, {
      sleep: (ms, signal) => {
        waitsMs.push(ms)
        return sleep(ms, signal)
      },
      fetch: async (...request) => {
        const response = await fetch(...request)
        seen.push({ status: response.status, retryAfter: response.headers.get('retry-after') })
        return response
      },
    })
    await changeCustomer(contextOf(engine.db), publicId, { partsPerMinute: 60, partsBurst: 1 }, ACTOR)
    const to = [TO, '+989120000002', '+989120000003']
    // Each leaves the bucket in debt for 3 seconds. On a slow machine those may be over before the next request.
    let sends = 0
    for (; waitsMs.length === 0 && sends < 10; sends++)
      await chapar.sendMessage({ to, text: 'hi', send_at: IN_AN_HOUR() })
    const [refused, accepted] = seen.slice(-2)
    assert.deepEqual([refused?.status, accepted?.status], [429, 202])
    assert.deepEqual(waitsMs, [Number(refused?.retryAfter) * 1_000])
    assert.equal(await balanceOf(engine.db, userId), 100 - 3 * sends)
  })

  it('throws what a refusal says, without repeating it', async () => {
    const { chapar } = await arrange(5)
    const to = Array.from({ length: 6 }, (_, index) => `+98912000000${index}`)
    const problem = async (call: Promise<unknown>) => {
      const error: unknown = await call.catch((reason: unknown) => reason)
      assert.ok(error instanceof ProblemError, String(error))
      return error
    }
    const short = await problem(chapar.sendMessage({ to, text: 'hi' }))
    assert.deepEqual([short.status, short.code, short.problem['shortfall']], [402, 'insufficient_balance', 1])
    assert.deepEqual([short.errors, short.retryAfterSeconds, short.mayHaveSucceeded], [[], undefined, false])
    assert.match(short.detail, /Nothing was charged/)
    assert.equal(requests('POST /v1/messages'), 1)

    const wrong = await problem(chapar.sendMessage({ to: ['call me'], text: '' }))
    assert.deepEqual([wrong.status, wrong.code], [400, 'invalid_request'])
    assert.ok(wrong.errors.some(({ field }) => field === 'text'))
    assert.match(wrong.requestId, /^[\w-]{8,}$/)
    const missing = await problem(chapar.getMessage('019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043'))
    assert.deepEqual([missing.status, missing.code], [404, 'message_not_found'])
  })

  it('iterates a list over its pages, and reads the next one only when it is wanted', async () => {
    const { chapar } = await arrange(100)
    const sent: string[] = []
    for (let index = 0; index < 7; index++)
      sent.push((await chapar.sendMessage({ to: TO, text: 'hi', send_at: IN_AN_HOUR() })).message_id)
    const gets = () => heard.match(/GET \/v1\/messages\?/g)?.length ?? 0

    const idsOf = (messages: { id: string }[]) => messages.map(({ id }) => id)
    assert.deepEqual(idsOf(await collect(chapar.eachMessage({ limit: 3 }))), sent.toReversed())
    assert.equal(gets(), 3)

    for await (const { id } of chapar.eachMessage({ limit: 3 })) {
      assert.equal(id, sent.at(-1))
      break
    }
    assert.equal(gets(), 4)
    const { next_cursor: cursor } = await chapar.listMessages({ limit: 5 })
    assert.ok(cursor)
    assert.deepEqual(idsOf(await collect(chapar.eachMessage({ cursor }))), [sent[1], sent[0]])
  })

  it('finds messages by what the sender gave them', async () => {
    const { chapar } = await arrange(100)
    const message = { to: TO, text: 'hi', send_at: IN_AN_HOUR() }
    await chapar.sendMessage(message)
    const { message_id: id } = await chapar.sendMessage({
      ...message,
      ...{ from: 'Example', client_reference: 'order-1843', tags: ['parcels'], expires_in_seconds: 600 },
    })
    for (const query of [{ client_reference: 'order-1843' }, { tag: 'parcels' }]) {
      const found = await collect(chapar.eachMessage(query))
      assert.deepEqual(
        found.map((each) => [each.id, each.from, each.tags]),
        [[id, 'Example', ['parcels']]],
      )
    }
  })

  it('runs the example program', async () => {
    await arrange(100)
    const env = { ...process.env, CHAPAR_URL: engine.url, CHAPAR_KEY: apiKey }
    const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE, TO], { env })
    assert.match(
      stdout,
      /^1 part, gsm7, costs 3\naccepted as [0-9a-f-]{36}\nstatus SENT\nlast transaction: charge -3\n$/,
    )
  })
})
