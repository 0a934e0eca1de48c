import assert from 'node:assert/strict'
import {
  createClient,
  NoAnswerError,
  ProblemError,
  UnexpectedAnswerError,
} from '../../../clients/typescript/src/index.ts'
import type { ChaparError, ClientOptions } from '../../../clients/typescript/src/index.ts'
import { sleep } from '../../../clients/typescript/src/sleep.ts'
import { collect } from '../../support/collect.ts'
import { json, openGateway, refusal } from './scriptedGateway.ts'
import type { Gateway } from './scriptedGateway.ts'

const MESSAGE = { to: '+989120000001', text: 'hi' }
const ACCEPTED = json({ message_id: '1' }, 202)
const NEW_KEY = { name: 'shop', scopes: ['read' as const] }
const BUSY = refusal(503, 'overloaded', { 'retry-after': '2' })

describe('the repeats of the TypeScript client', () => {
  let gateway: Gateway
  let waitsMs: number[] = []
  before(async () => (gateway = await openGateway()))
  beforeEach(() => (waitsMs = []))
  after(() => gateway.close())

  function client(options: Partial<ClientOptions> = {}) {
    return createClient({
      ...{ baseUrl: gateway.url, apiKey: 'k', random: () => 0 },
      sleep: (ms) => Promise.resolve(void waitsMs.push(ms)),
      ...options,
    })
  }

  async function failureOf<E extends ChaparError>(
    call: Promise<unknown>,
    kind: new (...facts: never[]) => E,
  ): Promise<E> {
    const error: unknown = await call.then(
      () => assert.fail('the call succeeded'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof kind, String(error))
    return error
  }

  const keysHeard = () => gateway.heard.map(({ headers }) => headers['idempotency-key']?.toString())

  it('have the key of the first try', async () => {
    gateway.script('cut', BUSY, { status: 502, body: '<html>' }, ACCEPTED)
    await client().sendMessage(MESSAGE)
    const [first, ...others] = keysHeard()
    assert.match(first ?? '', /^[\x21-\x7e]{16,255}$/)
    assert.deepEqual(others, [first, first, first])
    await client().sendMessage(MESSAGE)
    assert.notEqual(keysHeard().at(-1), first)
  })

  it('wait as long as Retry-After asks, and a little longer by chance', async () => {
    gateway.script(refusal(429, 'rate_limit', { 'retry-after': '7' }), BUSY, ACCEPTED)
    await client({ random: () => 0.5 }).sendMessage(MESSAGE)
    assert.deepEqual(waitsMs, [7_100, 2_100])
  })

  it('end with the answer that asks for a longer wait than is allowed', async () => {
    gateway.script(refusal(429, 'rate_limit', { 'retry-after': '3600' }))
    const error = await failureOf(client().sendMessage(MESSAGE), ProblemError)
    assert.deepEqual([error.retryAfterSeconds, error.attempts, waitsMs], [3_600, 1, []])
  })

  for (const [how, chance, expected] of [
    ['at least half', 0, [100, 200, 400, 800, 1_600, 3_200]],
    ['at most the whole', 1, [200, 400, 800, 1_600, 3_200, 6_400]],
  ] as const) {
    it(`back off without Retry-After, by ${how} of a time that doubles, and are bounded`, async () => {
      gateway.script('cut')
      const error = await failureOf(client({ attemptsMax: 7, random: () => chance }).me(), NoAnswerError)
      assert.deepEqual(waitsMs, expected)
      assert.deepEqual([gateway.heard.length, error.attempts], [7, 7])
    })
  }

  for (const header of ['0', '-1', 'soon', '']) {
    it(`never wait for nothing, or no number, after Retry-After: "${header}"`, async () => {
      gateway.script(refusal(503, 'overloaded', { 'retry-after': header }), ACCEPTED)
      await client().sendMessage(MESSAGE)
      assert.ok(waitsMs.length === 1 && (waitsMs[0] ?? 0) >= 100, waitsMs.join())
    })
  }

  it('end at a refusal that is not for now', async () => {
    for (const [status, code] of [
      [400, 'invalid_request'],
      [401, 'invalid_key'],
      [402, 'insufficient_balance'],
      [408, 'request_timeout'],
      [409, 'price_exceeded'],
      [422, 'idempotency_key_reused'],
      [500, 'internal_error'],
    ] as const) {
      gateway.script(refusal(status, code))
      const error = await failureOf(client().sendMessage(MESSAGE), ProblemError)
      assert.deepEqual([error.status, error.code, error.attempts], [status, code, 1])
      assert.equal(gateway.heard.length, 1, code)
    }
  })

  it('leave out a call that a second time would carry out twice', async () => {
    for (const [act, kind] of [
      ['cut', NoAnswerError],
      [{ status: 502, body: '<html>' }, UnexpectedAnswerError],
      [refusal(503, 'outcome_unknown'), ProblemError],
    ] as const) {
      gateway.script(act, json({ id: '1' }, 201))
      const error = await failureOf<ChaparError>(client().createKey(NEW_KEY), kind)
      assert.deepEqual([error.attempts, error.mayHaveSucceeded, gateway.heard.length], [1, true, 1])
    }
    gateway.script(BUSY, json({ id: '1' }, 201))
    await client().createKey(NEW_KEY)
    assert.equal(gateway.heard.length, 2)
  })

  it('repeat what reads or cancels without a key', async () => {
    const chapar = client()
    for (const call of [
      () => chapar.quote(MESSAGE),
      () => chapar.getMessage('1'),
      () => chapar.cancelMessage('1'),
      () => chapar.revokeKey('1'),
    ]) {
      gateway.script('cut', refusal(503, 'outcome_unknown'), json({ id: '1' }))
      await call()
      assert.deepEqual(keysHeard(), [undefined, undefined, undefined])
    }
  })

  it('tell that an earlier try may have been carried out', async () => {
    gateway.script('cut', refusal(402, 'insufficient_balance'))
    const error = await failureOf(client().sendMessage(MESSAGE, { idempotencyKey: 'order-1' }), ProblemError)
    assert.deepEqual([error.mayHaveSucceeded, error.attempts, error.idempotencyKey], [true, 2, 'order-1'])
    for (const code of ['outcome_unknown', 'bulk_incomplete']) {
      gateway.script(refusal(503, code))
      assert.equal(
        (await failureOf(client().sendBulk({ messages: [] }), ProblemError)).mayHaveSucceeded,
        true,
      )
    }
    gateway.script(BUSY, refusal(402, 'insufficient_balance'))
    assert.equal((await failureOf(client().sendMessage(MESSAGE), ProblemError)).mayHaveSucceeded, false)
  })

  it('give up a try whose answer does not arrive in time', async () => {
    gateway.script('hang', ACCEPTED)
    await client({ timeoutMs: 250 }).sendMessage(MESSAGE)
    assert.equal(new Set(keysHeard()).size, 1)
    gateway.script('hang')
    const error = await failureOf(client({ timeoutMs: 250, attemptsMax: 2 }).me(), NoAnswerError)
    assert.equal((error.cause as Error).name, 'TimeoutError')
  })

  it('end when the caller aborts, in a try or in a wait', async () => {
    const reason = new Error('no longer wanted')
    for (const act of ['hang', refusal(503, 'overloaded', { 'retry-after': '60' })] as const) {
      gateway.script(act)
      const controller = new AbortController()
      const call = client({
        fetch: (...request) => {
          if (act === 'hang') setImmediate(() => controller.abort(reason))
          return fetch(...request)
        },
        sleep: (ms, signal) => {
          const waiting = sleep(ms, signal)
          controller.abort(reason)
          return waiting
        },
      }).me({ signal: controller.signal })
      await assert.rejects(call, reason)
    }
    gateway.script(ACCEPTED)
    await assert.rejects(client().me({ signal: AbortSignal.abort(reason) }), reason)
    assert.deepEqual(gateway.heard, [])
  })
})

describe('the TypeScript client behind a gateway', () => {
  let gateway: Gateway
  before(async () => (gateway = await openGateway()))
  after(() => gateway.close())

  const client = () =>
    createClient({ baseUrl: `${gateway.url}/sms//`, apiKey: 'k', sleep: () => Promise.resolve() })

  it('keeps the path of its address', async () => {
    gateway.script(json({ id: '1' }))
    await client().listMessages({ limit: 5, status: 'SENT', cursor: undefined })
    assert.deepEqual(
      gateway.heard.map(({ path, headers }) => [path, headers.authorization]),
      [['/sms/v1/messages?limit=5&status=SENT', 'Bearer k']],
    )
  })

  it('follows no redirect, which could lead its key elsewhere', async () => {
    gateway.script({ status: 307, headers: { location: '/elsewhere' } })
    await assert.rejects(client().me(), { name: 'UnexpectedAnswerError', status: 307, attempts: 1 })
    assert.equal(gateway.heard.length, 1)
  })

  it('does not take the page of a proxy for an answer', async () => {
    gateway.script({ status: 200, body: '<html>please log in</html>' })
    const { call } = client()
    await assert.rejects(call('readMe', {}), (error: unknown) => {
      assert.ok(error instanceof UnexpectedAnswerError)
      assert.deepEqual([error.status, error.body], [200, '<html>please log in</html>'])
      return true
    })
  })

  it('ends a list whose cursor does not move', async () => {
    gateway.script(json({ messages: [], next_cursor: 'c' }))
    await assert.rejects(collect(client().eachMessage()), /cursor stays the same/)
    assert.equal(gateway.heard.length, 2)
  })

  it('refuses an operation that there is not', async () => {
    for (const name of ['nosuch', 'toString'])
      await assert.rejects(client().call(name as 'readMe', {}), new TypeError(`no such operation: ${name}`))
  })

  it('refuses what would be another path, and options that mean nothing', () => {
    for (const id of ['', '..', 'a/b', 'a?b'])
      assert.rejects(client().getMessage(id), TypeError).catch(assert.fail)
    const options = { baseUrl: gateway.url, apiKey: 'k' }
    assert.throws(() => createClient({ ...options, baseUrl: 'sms.example.com' }), TypeError)
    assert.throws(() => createClient({ ...options, baseUrl: 'http://u:p@example.com' }), TypeError)
    assert.throws(() => createClient({ ...options, attemptsMax: 0 }), RangeError)
    assert.throws(
      () => createClient({ ...options, apiKey: 'secret\n' }),
      (error: Error) => error instanceof TypeError && !error.message.includes('secret'),
    )
  })
})
