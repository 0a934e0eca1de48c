import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { fingerprint } from '../../src/idempotency/index.ts'
import { perMinute } from '../../src/limits/index.ts'
import { accept } from '../../src/messages/index.ts'
import type { Decision, SendRequest } from '../../src/messages/index.ts'
import { Problem } from '../../src/primitives/problem.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { acceptContextOf, balanceOf, countRows, fund, look, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const USER = 1

describe('a request under an idempotency key', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, USER, 100)
  })
  afterEach(() => stack.drop())

  const keyed = (key: string, changes: Partial<SendRequest> = {}): SendRequest => {
    const request = {
      ...{ userId: USER, text: 'hi', type: 'normal' as const, recipients: ['+989120000001'] },
      ...changes,
    }
    const print = fingerprint({ text: request.text, recipients: request.recipients })
    assert.ok(print)
    return {
      ...request,
      keyed: {
        request: { userId: request.userId, route: 'messages', isTest: false, key, fingerprint: print },
        answerOf: ({ smsIdentifier }) => ({
          status: 202,
          body: Buffer.from(`{"message_id":"${smsIdentifier}"}`),
        }),
      },
    }
  }
  const decide = (...requests: SendRequest[]): Promise<Decision[]> =>
    accept(
      db,
      requests.map((request) => ({ ...request, smsIdentifier: newIdOf(db)() })),
      acceptContextOf(db),
    )
  const decideOne = async (request: SendRequest) => {
    const [decision] = await decide(request)
    assert.ok(decision)
    return decision
  }
  const kinds = (decisions: Decision[]) => decisions.map(({ kind }) => kind)
  const requestsStored = async () => (await countRows(db))['sms_requests']

  it('is charged once, and a repeat gets the first answer byte for byte', async () => {
    const first = await decideOne(keyed('k1'))
    const second = await decideOne(keyed('k1'))
    assert.ok(first.kind === 'accepted' && second.kind === 'replayed')
    assert.equal(second.answer.body.toString(), `{"message_id":"${first.smsIdentifier}"}`)
    assert.deepEqual([second.answer.status, second.answer.identifier], [202, first.smsIdentifier])
    assert.deepEqual([await balanceOf(db, USER), await requestsStored()], [99, 1])
  })

  it('is charged once when the repeat is in the same batch, and when twenty come at once', async () => {
    assert.deepEqual(kinds(await decide(keyed('k1'), keyed('k1'))), ['accepted', 'replayed'])
    const all = (await Promise.all(Array.from({ length: 20 }, () => decide(keyed('k2'))))).flat()
    assert.equal(kinds(all).filter((kind) => kind === 'accepted').length, 1)
    assert.equal(kinds(all).filter((kind) => kind === 'replayed').length, 19)
    assert.equal(await balanceOf(db, USER), 98)
  })

  it('is refused when another request used the key, in the same batch as well', async () => {
    const other = keyed('k1', { text: 'hi ' })
    assert.deepEqual(kinds(await decide(keyed('k1'), other)), ['accepted', 'key_reused'])
    assert.equal((await decideOne(other)).kind, 'key_reused')
    assert.equal(await balanceOf(db, USER), 99)
  })

  it('has a key of its own for each customer, route and case of its letters', async () => {
    await fund(db, 2, 10)
    const elsewhere = keyed('k1')
    if (elsewhere.keyed) elsewhere.keyed.request.route = 'sms/send'
    const decisions = await decide(keyed('k1'), keyed('K1'), keyed('k1', { userId: 2 }), elsewhere)
    assert.deepEqual(kinds(decisions), ['accepted', 'accepted', 'accepted', 'accepted'])
  })

  it('is decided anew after a refusal, which changed nothing', async () => {
    const large = keyed('k1', { recipients: Array.from({ length: 101 }, (_, i) => `+9891200${10_000 + i}`) })
    assert.equal((await decideOne(large)).kind, 'insufficient_balance')
    await fund(db, USER, 1)
    assert.equal((await decideOne(large)).kind, 'accepted')
    assert.equal(await balanceOf(db, USER), 0)
  })

  it('finds its first answer before limits are applied, and uses none of them', async () => {
    const partsLimit = perMinute(1)
    assert.equal((await decideOne(keyed('k1', { partsLimit }))).kind, 'accepted')
    assert.equal((await decideOne(keyed('k1', { partsLimit }))).kind, 'replayed')
    assert.equal((await decideOne(keyed('k2', { partsLimit }))).kind, 'rate_limit')
  })

  it('gives a repeat its first answer although it would be refused now, and refuses what is no repeat', async () => {
    const refusal = new Problem(400, 'invalid_request', 'send_at must not be in the past.')
    const late = keyed('k1', { refusal })
    assert.equal((await decideOne(late)).kind, 'refused')
    assert.equal((await decideOne(keyed('k1'))).kind, 'accepted')
    assert.equal((await decideOne(late)).kind, 'replayed')
    assert.equal((await decideOne(keyed('k1', { refusal, text: 'other' }))).kind, 'key_reused')
    assert.equal(await balanceOf(db, USER), 99)
  })

  it('refuses what costs more than it may, unless it is a repeat', async () => {
    const two = { recipients: ['+989120000001', '+989120000002'] }
    const [dear] = await decide(keyed('k1', { ...two, maxPrice: 1 }))
    assert.deepEqual(dear, { kind: 'price_exceeded', cost: 2, maxPrice: 1 })
    assert.equal(await balanceOf(db, USER), 100)
    assert.equal((await decideOne(keyed('k1', { ...two, maxPrice: 2 }))).kind, 'accepted')
    assert.equal((await decideOne(keyed('k1', { ...two, maxPrice: 1 }))).kind, 'replayed')
  })

  it('keeps its key until a day after the time of a scheduled message', async () => {
    const sendAt = new Date(Date.now() + 10 * 86_400_000)
    await decide(keyed('k1', { sendAt }), keyed('k2'))
    const rows = await look(
      db,
      sql<{ days: number }>`SELECT ROUND(TIMESTAMPDIFF(SECOND, NOW(), kept_until) / 86400) AS days
        FROM idempotency_keys ORDER BY idempotency_key`,
    )
    assert.deepEqual(
      rows.map(({ days }) => Number(days)),
      [11, 1],
    )
  })
})

describe('the limit of parts', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, USER, 100_000)
  })
  afterEach(() => stack.drop())

  const send = (requests: number, parts: number, burst: number) =>
    accept(
      stack.db,
      Array.from({ length: requests }, () => ({
        ...{ userId: USER, text: 'hi', type: 'normal' as const, recipients: ['+989120000001'], parts },
        ...{ smsIdentifier: newIdOf(stack.db)(), partsLimit: perMinute(1, burst) },
      })),
      acceptContextOf(stack.db),
    )
  const accepted = (decisions: Decision[]) => decisions.filter(({ kind }) => kind === 'accepted').length

  it('admits exactly the burst at once, however many batches and connections ask', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => send(5, 3, 30)))
    assert.equal(accepted(all.flat()), 10)
    const [row] = await look(
      stack.db,
      sql<{ n: number }>`SELECT COUNT(*) AS n FROM sms_status WHERE parts = 3`,
    )
    assert.equal(Number(row?.n), 10)
  })

  it('charges nothing for what it refuses, and says how long to wait', async () => {
    const [first, second] = await send(2, 1, 1)
    assert.ok(first?.kind === 'accepted' && second?.kind === 'rate_limit')
    assert.ok(second.retryAfterMs > 0 && second.retryAfterMs <= 60_000)
    assert.deepEqual([first.partsLeft?.remaining, second.partsLeft?.remaining], [0, 0])
    assert.equal(await balanceOf(stack.db, USER), 99_999)
  })

  it('takes nothing for a request that the balance does not cover', async () => {
    await fund(stack.db, 2, 1)
    const request = (recipients: string[]) => ({
      ...{ userId: 2, text: 'hi', type: 'normal' as const, recipients },
      ...{ smsIdentifier: newIdOf(stack.db)(), partsLimit: perMinute(1, 2) },
    })
    const decisions = await accept(
      stack.db,
      [request(['+989120000001', '+989120000002']), request(['+989120000001'])],
      acceptContextOf(stack.db),
    )
    assert.deepEqual(
      decisions.map(({ kind }) => kind),
      ['insufficient_balance', 'accepted'],
    )
  })
})

describe('a scheduled message', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, USER, 1_000)
  })
  afterEach(() => stack.drop())

  it('is charged at once, waits in the outbox until its time, and does not advance its customer’s tag', async () => {
    const sendAt = new Date(Date.now() + 3_600_000)
    const [decision] = await accept(
      stack.db,
      [
        {
          ...{ userId: USER, text: 'hi', type: 'normal', recipients: ['+989120000001'] },
          ...{ smsIdentifier: newIdOf(stack.db)(), sendAt },
        },
      ],
      acceptContextOf(stack.db),
    )
    assert.equal(decision?.kind, 'accepted')
    assert.equal(await balanceOf(stack.db, USER), 999)
    const rows = await look(
      stack.db,
      sql<{ lane: number; order_key: number; send_at: Date; fair_tag: number }>`
        SELECT o.lane, o.order_key, r.send_at, b.fair_tag
        FROM outbox_events o, sms_requests r, user_balances b`,
    )
    assert.deepEqual(
      rows.map(({ lane, order_key, send_at, fair_tag }) => [lane, order_key, send_at.getTime(), fair_tag]),
      [[3, sendAt.getTime() * 1_000, sendAt.getTime(), 0]],
    )
  })
})
