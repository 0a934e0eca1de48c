import assert from 'node:assert/strict'
import { audit } from '../../src/audit/index.ts'
import { changeCustomer, createTariff } from '../../src/accounts/index.ts'
import type { Customer } from '../../src/accounts/index.ts'
import { ACTOR, contextOf, newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { balanceOf, fund } from '../support/arrange.ts'
import { call } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const DEPOSIT = 100
/** Of the first operator, far above the guarantee. */
const SLOW_MS = 1_500

describe('express messages while the first operator is slow', () => {
  let engine: TestEngine
  let customer: Customer
  let key: string
  before(async () => {
    engine = await startTestEngine({ env: { DEFAULT_REGION: 'IR' } })
    customer = await newCustomer(engine.db)
    key = (await newKey(engine.db, customer.userId)).text
    await fund(engine.db, customer.userId, DEPOSIT)
    const tariff = await createTariff(
      contextOf(engine.db),
      {
        ...{ customer: customer.publicId, type: 'express', destinationPrefix: '', per: 'message' },
        ...{ price: 7, refundMissed: true, validFromMs: 0, validUntilMs: null },
      },
      ACTOR,
    )
    assert.equal(tariff.kind, 'created')
    await engine.operatorA.admin.behave({ latency: { kind: 'fixed', ms: SLOW_MS } })
  })
  after(() => engine.stop())

  const read = async (path: string) => (await call(engine.url, 'GET', path, { key })).body
  const send = async (body: object) => {
    const whole = { to: '+989120000001', text: 'hi', type: 'express', ...body }
    const {
      status,
      text,
      body: answer,
    } = await call(engine.url, 'POST', '/v1/messages', { key, body: whole })
    assert.equal(status, 202, text)
    return String(answer['message_id'])
  }

  it('are listed as missed and given back without hedging', async () => {
    // The tariff counts in every process about a second after its creation. With many messages, operator A would be asked last.
    await eventually('the tariff counts', async () => {
      const body = { to: '+989120000001', text: 'hi', type: 'express' }
      const { body: quote } = await call(engine.url, 'POST', '/v1/messages/quote', { key, body })
      return quote['cost'] === 7
    })
    const id = await send({ guaranteed_within_ms: 200 })
    await engine.drain()
    const misses = async () => (await read('/v1/deadlines'))['misses'] as Record<string, unknown>[]
    const missOf = async () => (await misses()).find((miss) => miss['message_id'] === id)
    await eventually('it is compensated', async () => (await missOf())?.['compensation'] === 'paid')
    const miss = await missOf()
    assert.deepEqual([miss?.['cause'], miss?.['compensated_cents']], ['late', 7])
    assert.ok(Number(miss?.['late_by_ms']) > 0)
    const message = await read(`/v1/messages/${id}`)
    assert.equal(
      Date.parse(String(message['guaranteed_by'])) - Date.parse(String(message['created_at'])),
      200,
    )
  })

  it('reach the second operator with hedging, and both attempts are shown', async () => {
    await changeCustomer(contextOf(engine.db), customer.publicId, { hedge: true }, ACTOR)
    let id = ''
    await eventually('the opt-in counts', async () => {
      id = await send({ guaranteed_within_ms: 200 })
      await engine.drain()
      return (await read(`/v1/messages/${id}`))['provider'] === 'operator-b'
    })
    await eventually('the late answer is stored', async () => {
      const { attempts } = (await read(`/v1/messages/${id}/attempts`)) as { attempts: unknown[] }
      return attempts.length === 2
    })
    const { attempts } = (await read(`/v1/messages/${id}/attempts`)) as {
      attempts: Record<string, unknown>[]
    }
    assert.deepEqual(
      attempts.map(({ provider, hedge, result }) => [provider, hedge, result]),
      [
        ['operator-b', true, 'accepted'],
        ['operator-a', undefined, 'accepted'],
      ],
    )
    assert.equal((await read(`/v1/messages/${id}`))['possible_duplicate'], true)
    assert.equal((await engine.operatorB.admin.submission(`${id}:1`)).taken, 1)
  })

  it('refuse a guarantee of a normal message, and change nothing', async () => {
    const before = await balanceOf(engine.db, customer.userId)
    const body = { to: '+989120000001', text: 'hi', guaranteed_within_ms: 500 }
    const { status, body: problem } = await call(engine.url, 'POST', '/v1/messages', { key, body })
    assert.deepEqual([status, problem['code']], [400, 'invalid_request'])
    assert.equal(await balanceOf(engine.db, customer.userId), before)
  })

  it('agree with the audit', async () => {
    assert.deepEqual((await audit(engine.db)).violations, [])
  })
})
