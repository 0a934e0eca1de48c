import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call } from '../support/api.ts'
import { fund, look } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const ADMIN_KEY = 'the-admin-key-of-the-journey-of-holds'
const SECRET = 'the-secret-of-both-operators'
const REJECTED = '+989120000009'
const DEPOSIT = 1_000
const PRICE = 5

/** What seed 001's document says under "Data Flow", step by step. */
describe('the credits of seed 001', () => {
  let engine: TestEngine
  let key: string
  before(async () => {
    engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY, RECEIPTS_SECRET: SECRET } })
    const { userId, publicId } = await newCustomer(engine.db, 'Client Name')
    key = (await newKey(engine.db, userId)).text
    await fund(engine.db, userId, DEPOSIT)
    const { status, text } = await call(engine.url, 'POST', '/v1/admin/tariffs', {
      key: ADMIN_KEY,
      body: {
        customer: publicId,
        per: 'part',
        price: PRICE,
        charging: 'delivery',
        receipt_wait_seconds: 3_600,
      },
    })
    assert.equal(status, 201, text)
    const quote = { key, body: { to: REJECTED, text: 'hi' } }
    await eventually('the tariff is in effect', async () => {
      return (await call(engine.url, 'POST', '/v1/messages/quote', quote)).body['cost'] === PRICE
    })
  })
  after(() => engine.stop())

  const read = async (path: string) => (await call(engine.url, 'GET', path, { key })).body
  const credits = async () => {
    const me = await read('/v1/me')
    return [me['credit_cents'], me['held_cents']]
  }
  const stateOf = async (id: string) => {
    const { status, money, returned_cents: returned } = await read(`/v1/messages/${id}`)
    return [status, money, returned]
  }
  const send = async (to: string) => {
    const { status, body, text } = await call(engine.url, 'POST', '/v1/messages', {
      key,
      body: { to, from: 'TEST', text: 'Hello SMS Gateway!' },
    })
    assert.deepEqual([status, body['status']], [202, 'QUEUED'], text)
    return String(body['message_id'])
  }
  const report = (id: string, status: string) =>
    call(engine.url, 'POST', '/operators/operator-a/receipts', {
      body: { reference: `${id}:1`, status },
      headers: { authorization: `Bearer ${SECRET}` },
    })
  const away = async (outage: 'http503' | 'none') => {
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.change({ outage })
  }
  const isStatus = (id: string, wanted: string) =>
    eventually(`it is ${wanted}`, async () => (await stateOf(id))[0] === wanted)

  it('are held while the message waits and is sent, and captured when its receipt says delivered', async () => {
    await away('http503')
    const id = await send('+989120000001')
    assert.deepEqual(await credits(), [DEPOSIT - PRICE, PRICE])
    await away('none')
    await engine.drain()
    await isStatus(id, 'SENT')
    assert.deepEqual(
      [await stateOf(id), await credits()],
      [
        ['SENT', 'held', 0],
        [DEPOSIT - PRICE, PRICE],
      ],
    )
    const { provider } = await read(`/v1/messages/${id}`)
    assert.ok(typeof provider === 'string')
    await call(engine.url, 'POST', `/operators/${provider}/receipts`, {
      body: { reference: `${id}:1`, status: 'delivered' },
      headers: { authorization: `Bearer ${SECRET}` },
    })
    await isStatus(id, 'DELIVERED')
    assert.deepEqual(await stateOf(id), ['DELIVERED', 'captured', 0])
    assert.deepEqual(await credits(), [DEPOSIT - PRICE, 0])
  })

  it('are released on a permanent failure', async () => {
    const [before] = await credits()
    for (const { admin } of [engine.operatorA, engine.operatorB])
      await admin.change({ rejectedNumbers: [REJECTED] })
    const id = await send(REJECTED)
    await isStatus(id, 'FAILED_PERM')
    assert.deepEqual(
      [await stateOf(id), await credits()],
      [
        ['FAILED_PERM', 'released', PRICE],
        [before, 0],
      ],
    )
    const [latest] = (await read('/v1/transactions?limit=1'))['transactions'] as Record<string, unknown>[]
    assert.deepEqual([latest?.['transaction_type'], latest?.['amount']], ['release', PRICE])
  })

  it('are released when the operator could not deliver it, and when no receipt comes in time', async () => {
    const [before] = await credits()
    const undelivered = await send('+989120000002')
    const silent = await send('+989120000003')
    await engine.drain()
    const { status, text } = await report(undelivered, 'undelivered')
    assert.equal(status, 200, text)
    await look(
      engine.db,
      sql`UPDATE holds SET release_at = NOW(3)
        WHERE sms_identifier = UNHEX(REPLACE(${silent}, '-', '')) AND release_at IS NOT NULL`,
    )
    for (const id of [undelivered, silent])
      await eventually('it is released', async () => (await stateOf(id))[1] === 'released')
    assert.deepEqual(
      [await stateOf(undelivered), await credits()],
      [
        ['FAILED_PERM', 'released', PRICE],
        [before, 0],
      ],
    )
    assert.deepEqual(await stateOf(silent), ['SENT', 'released', PRICE])
    const { violations } = await audit(engine.db)
    assert.deepEqual(violations, [])
  })
})
