import assert from 'node:assert/strict'
import { audit } from '../../src/audit/index.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { call } from '../support/api.ts'
import type { Called } from '../support/api.ts'
import { fund } from '../support/arrange.ts'
import { assertRecordsAgree } from '../support/ending.ts'
import { makeRetriesDue, startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { isNotClosed } from './counts.ts'

const DEPOSIT = 10
const MESSAGE = { to: ['+14155550100', '+14155550101'], text: 'hi' }

describe('a test key', () => {
  let engine: TestEngine
  let ofTestKeys: SimulatorProcess
  let userId: number
  let keys: { live: string; test: string }
  before(async () => {
    ofTestKeys = await spawnSimulator({ NAME: 'operator-test' })
    engine = await startTestEngine({ env: { TEST_OPERATOR_URL: ofTestKeys.url } })
    userId = (await newCustomer(engine.db)).userId
    await fund(engine.db, userId, DEPOSIT)
    keys = {
      live: (await newKey(engine.db, userId)).text,
      test: (await newKey(engine.db, userId, { mode: 'test' })).text,
    }
  })
  after(async () => {
    await assertRecordsAgree(engine.db, [engine.operatorA, engine.operatorB, ofTestKeys])
    assert.deepEqual((await audit(engine.db)).violations, [])
    await engine.stop()
    await ofTestKeys.stop()
  })

  const ask = (key: string, method: string, path: string, body?: object, headers?: Record<string, string>) =>
    call(engine.url, method, path, { key, ...(body && { body }), ...(headers && { headers }) })
  const send = async (key: string, body: object = MESSAGE, headers?: Record<string, string>) => {
    const sent = await ask(key, 'POST', '/v1/messages', body, headers)
    assert.equal(sent.status, 202, sent.text)
    return sent
  }
  const idOf = ({ body }: Called) => String(body['message_id'])
  const read = async (id: string) => (await ask(keys.test, 'GET', `/v1/messages/${id}`)).body
  const credit = async () => (await ask(keys.live, 'GET', '/v1/me')).body['credit_cents']
  const takenBy = async ({ admin }: SimulatorProcess, id: string) => (await admin.submission(`${id}:1`)).taken
  const taken = (id: string) =>
    Promise.all([engine.operatorA, engine.operatorB, ofTestKeys].map((operator) => takenBy(operator, id)))

  it('sends the whole way through the test operator alone, for nothing and marked', async () => {
    const before = await credit()
    const [test, live] = await Promise.all([send(keys.test), send(keys.live)])
    assert.deepEqual([test.body['cost'], live.body['cost']], [0, 2])
    await engine.drain()
    assert.deepEqual(await taken(idOf(test)), [0, 0, 1])
    assert.deepEqual(await taken(idOf(live)), [1, 0, 0])
    assert.equal(await credit(), Number(before) - 2)
    const shown = await read(idOf(test))
    assert.deepEqual([shown['test'], shown['status'], shown['cost_cents']], [true, 'SENT', 0])
    assert.ok(!('test' in (await read(idOf(live)))))
    const { body } = await ask(keys.test, 'GET', `/v1/messages/${idOf(test)}/recipients`)
    const recipients = body['recipients'] as { provider: string }[]
    assert.ok(recipients.every(({ provider }) => provider === 'operator-test'))
  })

  it("reads the customer's messages like a live key, with the test ones marked", async () => {
    await engine.drain()
    const [test, live] = [await send(keys.test), await send(keys.live)]
    for (const key of Object.values(keys)) {
      const { body } = await ask(key, 'GET', '/v1/messages?limit=2')
      const listed = body['messages'] as { id: string; test?: true }[]
      assert.deepEqual(
        listed.map(({ id, test: mark }) => [id, mark]),
        [
          [idOf(live), undefined],
          [idOf(test), true],
        ],
      )
    }
    const { body } = await ask(
      keys.live,
      'GET',
      `/sms/history?user_id=${userId}&sms_identifier=${idOf(test)}`,
    )
    assert.deepEqual(
      (body['history'] as { test?: true }[]).map(({ test: mark }) => mark),
      [true, true],
    )
    await engine.drain()
  })

  it('sends on the routes of seed 003 as well, and for its own customer alone', async () => {
    const body = { customer_id: userId, text: 'hi', recipients: ['09121234567'], type: 'express' }
    const sent = await ask(keys.test, 'POST', '/sms/send', body)
    assert.deepEqual([sent.status, sent.body['cost']], [200, 0])
    await engine.drain()
    assert.deepEqual(await taken(String(sent.body['sms_identifier'])), [0, 0, 1])
    const foreign = await ask(keys.test, 'POST', '/sms/send', { ...body, customer_id: userId + 1 })
    assert.deepEqual([foreign.status, foreign.code], [402, 'insufficient_balance'])
  })

  it('uses an idempotency key apart from live keys, and gets its own first answer again', async () => {
    const headers = { 'Idempotency-Key': 'one-for-both' }
    const [test, live] = [await send(keys.test, MESSAGE, headers), await send(keys.live, MESSAGE, headers)]
    assert.notEqual(idOf(test), idOf(live))
    for (const [key, first] of [
      [keys.test, test],
      [keys.live, live],
    ] as const) {
      const again = await send(key, MESSAGE, headers)
      assert.deepEqual([again.text, again.headers.get('idempotent-replayed')], [first.text, 'true'])
    }
    await engine.drain()
  })

  it('needs no balance, and sees in a quote what a live key would pay', async () => {
    const { userId: poor } = await newCustomer(engine.db, 'Without a balance')
    const { text: key } = await newKey(engine.db, poor, { mode: 'test' })
    const quoted = await ask(key, 'POST', '/v1/messages/quote', MESSAGE)
    assert.deepEqual([quoted.body['cost'], quoted.body['balance_after']], [2, -2])
    const sent = await send(key, { ...MESSAGE, max_price: 0 })
    await engine.drain()
    assert.deepEqual(await taken(idOf(sent)), [0, 0, 1])
  })

  it('cancels a scheduled test message, which comes to nothing, and no live one', async () => {
    const later = { ...MESSAGE, send_at: new Date(Date.now() + 3_600_000).toISOString() }
    const [test, live] = [await send(keys.test, later), await send(keys.live, later)]
    const refused = await ask(keys.test, 'DELETE', `/v1/messages/${idOf(live)}`)
    assert.deepEqual([refused.status, refused.code], [403, 'live_key_required'])
    const before = await credit()
    const cancelled = await ask(keys.test, 'DELETE', `/v1/messages/${idOf(test)}`)
    assert.deepEqual([cancelled.body['cancelled'], cancelled.body['refunded']], [2, 0])
    assert.equal(await credit(), before)
    const own = await ask(keys.live, 'DELETE', `/v1/messages/${idOf(live)}`)
    assert.deepEqual([own.body['cancelled'], own.body['refunded']], [2, 2])
  })

  it('has an operator that no live message goes to, even while both others are out of service', async () => {
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({ outage: 'http503' })
    const live = await send(keys.live, { ...MESSAGE, to: '+14155550100' })
    await eventually('both were asked', async () => {
      const [a, b] = await Promise.all(
        [engine.operatorA, engine.operatorB].map(({ admin }) => admin.submission(`${idOf(live)}:1`)),
      )
      return (a?.seen ?? 0) > 0 && (b?.seen ?? 0) > 0
    })
    const test = await send(keys.test)
    await eventually('the test message is sent', async () => (await takenBy(ofTestKeys, idOf(test))) === 1)
    assert.equal((await ofTestKeys.admin.submission(`${idOf(live)}:1`)).seen, 0)
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({})
    await engine.drain()
    assert.equal((await ofTestKeys.admin.submission(`${idOf(live)}:1`)).seen, 0)
    assert.equal((await read(idOf(live)))['status'], 'SENT')
  })

  it('has an operator with breakers of its own, which block no live message', async () => {
    await ofTestKeys.admin.behave({ outage: 'http503' })
    const tests = await Promise.all(Array.from({ length: 5 }, () => send(keys.test)))
    await eventually('its breaker is open', async () => {
      await makeRetriesDue(engine.db)
      return isNotClosed(engine, 'test')
    })
    const live = await send(keys.live, { ...MESSAGE, to: '+14155550100' })
    await eventually('the live message is sent', async () => (await read(idOf(live)))['status'] === 'SENT')
    await ofTestKeys.admin.behave({})
    await engine.drain()
    for (const test of tests) assert.deepEqual(await taken(idOf(test)), [0, 0, 1])
  })
})
