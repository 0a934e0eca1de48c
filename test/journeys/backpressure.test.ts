import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { createCustomer, NO_LIMITS } from '../../src/accounts/index.ts'
import { report } from '../../src/processes/index.ts'
import { ACTOR, contextOf, newKey } from '../accounts/arrangeAccounts.ts'
import { stateOf } from '../processes/stateOf.ts'
import { call } from '../support/api.ts'
import type { Called } from '../support/api.ts'
import { balanceOf, fund, look, newIdOf } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const USER = 1
const FUNDS = 10_000
const OLD_SECONDS = 25

type Class = 'normal' | 'express'

/** Every route that takes messages, with a request of a class. */
const ROUTES: [string, (type: Class) => object][] = [
  ['/sms/send', ofSeed],
  ['/v1/sms/send', ofSeed],
  ['/v1/messages', (type) => ({ to: '+989120000001', text: 'hi', type })],
  ['/v1/messages/bulk', ofBulk],
  ['/api/v1/messages', (type) => ({ to: '+989120000001', text: 'hi', type })],
  ['/api/v1/messages/bulk', ofBulk],
]

function ofSeed(type: Class): object {
  return { customer_id: USER, text: 'hi', recipients: ['+989120000001'], type }
}

function ofBulk(type: Class): object {
  const express = { to: '+989120000001', text: 'hi', type: 'express' }
  return { messages: [express, type === 'express' ? express : { ...express, type: undefined }] }
}

describe('an API behind a backlog that is older than BACKLOG_AGE_MAX', () => {
  let engine: TestEngine
  let key: string
  const relay = { id: '', roles: ['relay'], version: '1.2.3' }
  before(async () => {
    engine = await startTestEngine({ env: { ROLE: 'api', BACKLOG_AGE_MAX: '10s' } })
    relay.id = newIdOf(engine.db)()
    await createCustomer(
      contextOf(engine.db),
      { ...NO_LIMITS, name: 'One', tier: 'premium', userId: USER },
      ACTOR,
    )
    await fund(engine.db, USER, FUNDS)
    key = (await newKey(engine.db, USER)).text
  })
  after(() => engine.stop())

  const send = (path: string, body: object, idempotencyKey?: string): Promise<Called> => {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
    return call(engine.url, 'POST', path, { key, body, headers })
  }
  const reportAge = (oldestDueSeconds: number) => {
    const backlog = { rows: 1, oldestDueSeconds }
    // Express never counts.
    const express = { rows: 1, oldestDueSeconds: 900 }
    return report(engine.db, relay, { ...stateOf(), backlog: { normal: backlog, express } })
  }
  const probe = async () => (await send('/v1/messages', { to: '+989120000001', text: 'hi' })).status
  const until = (status: number) =>
    eventually(`a normal message gets ${status}`, async () => (await probe()) === status)
  /** Again before each request that is to be refused: what is reported counts for some seconds only. */
  const fallBehind = async () => {
    await eventually('a normal message gets 503', async () => {
      await reportAge(OLD_SECONDS)
      return (await probe()) === 503
    })
  }

  it('accepts everything while no relay tells its age', async () => {
    for (const [path, body] of ROUTES) {
      const { status, text } = await send(path, body('normal'))
      assert.ok(status === 200 || status === 202, `${path} ${text}`)
    }
  })

  it('refuses normal messages on every route with the reason and a time, lets express pass, and charges nothing', async () => {
    for (const [path, body] of ROUTES) {
      await fallBehind()
      const before = await balanceOf(engine.db, USER)
      const refused = await send(path, body('normal'))
      assert.deepEqual([refused.status, refused.code], [503, 'backlog'], path)
      assert.equal(refused.headers.get('retry-after'), String(OLD_SECONDS - 10), path)
      assert.equal(refused.body['backlog_age_seconds'], OLD_SECONDS, path)
      assert.match(refused.headers.get('content-type') ?? '', /^application\/problem\+json/)
      assert.equal(await balanceOf(engine.db, USER), before)
    }
    for (const [path, body] of ROUTES) {
      const { status, text } = await send(path, body('express'))
      assert.ok(status === 200 || status === 202, `${path} ${text}`)
    }
  })

  it('counts what it refused', async () => {
    const refused = await engine.metric('chapar_accept_decisions_total{class="normal",decision="backlog"}')
    assert.ok(refused >= ROUTES.length, String(refused))
    assert.equal(await engine.metric('chapar_accept_decisions_total{class="express",decision="backlog"}'), 0)
  })

  it('answers the repeat of an accepted request, and a refused key is free for later', async () => {
    await reportAge(1)
    await until(202)
    const one = { to: '+989120000001', text: 'once' }
    const bulk = { messages: [one, one] }
    const first = [await send('/v1/messages', one, 'm1'), await send('/v1/messages/bulk', bulk, 'b1')]
    await fallBehind()
    const repeats = [await send('/v1/messages', one, 'm1'), await send('/v1/messages/bulk', bulk, 'b1')]
    assert.deepEqual(
      repeats.map(({ status, text }) => [status, text]),
      first.map(({ status, text }) => [status, text]),
    )
    await fallBehind()
    const refused = [await send('/v1/messages', one, 'm2')]
    await fallBehind()
    refused.push(await send('/v1/messages/bulk', bulk, 'b2'))
    assert.deepEqual(
      refused.map(({ status, code }) => [status, code]),
      [[503, 'backlog'], [503, 'backlog']], // prettier-ignore
    )
    assert.deepEqual(
      refused.map(({ headers }) => headers.get('retry-after')),
      ['15', '15'],
    )
    await reportAge(1)
    await until(202)
    const later = [await send('/v1/messages', one, 'm2'), await send('/v1/messages/bulk', bulk, 'b2')]
    assert.deepEqual(
      later.map(({ status }) => status),
      [202, 202],
    )
  })

  it('accepts again when the relay falls silent: what is not known refuses nobody', async () => {
    await fallBehind()
    await look(engine.db, sql`UPDATE process_states SET reported_at = reported_at - INTERVAL 30 SECOND`)
    await until(202)
  })
})
