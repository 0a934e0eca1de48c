import assert from 'node:assert/strict'
import { join } from 'node:path'
import { sql } from 'kysely'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { createCustomer, NO_LIMITS } from '../../src/accounts/index.ts'
import { audit } from '../../src/audit/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { ACTOR, contextOf, newKey } from '../accounts/arrangeAccounts.ts'
import { messages } from '../messages/bulk/bulkBench.ts'
import { call } from '../support/api.ts'
import type { Called } from '../support/api.ts'
import { balanceOf, countRows, fund, look } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import { allServe, startSeveral } from './severalProcesses.ts'

const USER = 1
const FUNDS = 20_000
const HOUR_MS = 3_600_000

/** A customer with money, whose limit of parts does not matter here. @returns its key. */
async function arrangeCustomer(db: Db): Promise<string> {
  const values = { ...NO_LIMITS, name: 'One', tier: 'basic' as const, partsPerMinute: 100_000, userId: USER }
  await createCustomer(contextOf(db), values, ACTOR)
  await fund(db, USER, FUNDS)
  return (await newKey(db, USER)).text
}

function send({ url }: { url: string }, key: string, body: object, idempotencyKey?: string): Promise<Called> {
  const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
  return call(url, 'POST', '/v1/messages/bulk', { key, body, headers })
}

/** As a client repeats what was not answered, or answered by a 503. */
async function sendUntilAnswered(program: Program, key: string, body: object): Promise<Called> {
  let answer: Called | undefined
  await eventually('the bulk is answered', async () => {
    answer = await send(program, key, body, 'k1').catch(() => undefined)
    return answer !== undefined && answer.status !== 503
  })
  assert.ok(answer)
  return answer
}

const sum = (body: Record<string, unknown>) => [body['accepted'], body['refused'], body['cost']]

describe('a bulk on a running engine', () => {
  let engine: TestEngine
  let key: string
  before(async () => {
    engine = await startTestEngine()
    key = await arrangeCustomer(engine.db)
  })
  after(() => engine.stop())

  it('of 10,000 messages is accepted in one request, and cancelled while it is being delivered', async () => {
    // The later half waits for its time, so that some is left to cancel however fast the rest is sent.
    const later = { send_at: new Date(Date.now() + HOUR_MS).toISOString() }
    const answer = await send(engine, key, { messages: [...messages(5_000), ...messages(5_000, later)] })
    assert.equal(answer.status, 202, answer.text)
    assert.deepEqual(sum(answer.body), [10_000, 0, 10_000])
    const results = answer.body['results'] as { index: number; message_id: string }[]
    assert.ok(results.every(({ index }, place) => index === place))
    assert.equal(new Set(results.map(({ message_id: id }) => id)).size, 10_000)
    const path = `/v1/bulks/${String(answer.body['bulk_id'])}`
    await eventually('some messages are sent', async () => {
      const { body } = await call(engine.url, 'GET', path, { key })
      return (body['counts'] as { SENT: number }).SENT > 0
    })
    const cancelled = await call(engine.url, 'DELETE', path, { key })
    assert.equal(cancelled.status, 200, cancelled.text)
    await engine.drain()
    const repeat = await call(engine.url, 'DELETE', path, { key })
    const { body } = await call(engine.url, 'GET', path, { key })
    const counts = body['counts'] as { SENT: number; CANCELLED: number }
    assert.equal(counts.SENT + counts.CANCELLED, 10_000)
    assert.deepEqual(repeat.body, cancelled.body)
    assert.deepEqual(
      [cancelled.body['cancelled'], cancelled.body['refunded']],
      [counts.CANCELLED, counts.CANCELLED],
    )
    assert.equal(await balanceOf(engine.db, USER), FUNDS - counts.SENT)
    assert.deepEqual((await audit(engine.db)).violations, [])
  })

  it('names its bulk and what was decided in the log', () => {
    const line = engine.log.lines().find(({ route }) => route === '/v1/messages/bulk')
    assert.deepEqual([line?.['messages'], line?.['accepted'], line?.['refused']], [10_000, 10_000, 0])
    assert.ok(line?.['bulk_id'])
  })
})

describe('a bulk under an idempotency key, on processes that die', () => {
  let stack: Stack
  let key: string
  let engine: Program | undefined
  beforeEach(async () => {
    stack = await freshStack()
    await freshSimulators()
    key = await arrangeCustomer(stack.db)
  })
  afterEach(async () => {
    await engine?.kill()
    await stack.drop()
  })

  const body = { messages: [...messages(999), { to: '+989120000001', text: '' }, ...messages(1_000)] }

  for (const step of ['committing', 'committed']) {
    it(`is charged once and has one answer, although its process was killed while the third part was ${step}`, async () => {
      engine = await startEngineProcess(stack, {
        role: 'api',
        env: {
          NODE_OPTIONS: `--import=${join(CHECKOUT, 'chaos/preload/atStep.ts')}`,
          CHAOS_STEP: `messages.accept_bulk ${step}`,
          CHAOS_TIMES: '3',
        },
      })
      await assert.rejects(send(engine, key, body, 'k1'))
      await eventually('it is gone', () => engine?.exit() !== undefined)
      const decided = step === 'committing' ? 1_000 : 1_500
      assert.equal(await balanceOf(stack.db, USER), FUNDS - decided + 1)
      const again = (engine = await startEngineProcess(stack, { role: 'api' }))
      const answers = await Promise.all(Array.from({ length: 5 }, () => sendUntilAnswered(again, key, body)))
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
      assert.deepEqual(sum(answers[0]?.body ?? {}), [1_999, 1, 1_999])
      const repeat = await send(engine, key, body, 'k1')
      assert.deepEqual([repeat.text, repeat.headers.get('idempotent-replayed')], [answers[0]?.text, 'true'])
      assert.deepEqual(
        [await balanceOf(stack.db, USER), (await countRows(stack.db))['sms_requests']],
        [FUNDS - 1_999, 1_999],
      )
      assert.equal((await look(stack.db, sql`SELECT 1 FROM bulks`)).length, 1)
      assert.deepEqual((await audit(stack.db)).violations, [])
    })
  }

  it('is one bulk when twenty equal ones reach two processes at once', async () => {
    const several = (engine = await startSeveral(stack))
    await allServe(several)
    const answers = await Promise.all(Array.from({ length: 20 }, () => sendUntilAnswered(several, key, body)))
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    assert.equal(await balanceOf(stack.db, USER), FUNDS - 1_999)
    assert.deepEqual((await audit(stack.db)).violations, [])
  })
})
