import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { fingerprint } from '../../src/idempotency/index.ts'
import { perMinute } from '../../src/limits/index.ts'
import type { SpendLimits } from '../../src/limits/index.ts'
import { accept, rememberRefused } from '../../src/messages/index.ts'
import type { Decision, SendRequest } from '../../src/messages/index.ts'
import { closeDb, databaseNowMs, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import {
  acceptContextOf,
  balanceOf,
  countRows,
  fund,
  look,
  newIdOf,
  PRICES,
  priceBy,
} from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const USER = 1
const DAY_MS = 86_400_000
const CONNECTIONS = { maxOpenConns: 5, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }

describe('the limit of spending', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, USER, 1_000)
  })
  afterEach(() => stack.drop())

  const limitOf = (dailyMax: number | null, monthlyMax: number | null = null): SpendLimits => ({
    dailyMax,
    monthlyMax,
  })
  const requestOf = (recipients: number, changes: Partial<SendRequest> = {}): SendRequest => ({
    ...{ userId: USER, text: 'hi', type: 'express' },
    recipients: Array.from({ length: recipients }, (_, i) => `+98912000${1_000 + i}`),
    ...changes,
  })
  const decide = (on: Db, ...requests: SendRequest[]): Promise<Decision[]> =>
    accept(
      on,
      requests.map((request) => ({ ...request, smsIdentifier: newIdOf(db)() })),
      acceptContextOf(on),
    )
  const spending = async () => {
    const [row] = await look(
      db,
      sql<{ spend_day: number; spent_of_day: number; spent_of_month: number }>`
        SELECT spend_day, spent_of_day, spent_of_month FROM user_balances WHERE user_id = ${USER}`,
    )
    return row && [row.spend_day, row.spent_of_day, row.spent_of_month]
  }
  const today = () => Math.floor(databaseNowMs(db) / DAY_MS)

  it('admits exactly what it says, however many batches of two processes ask', async () => {
    const other = openDb({ url: stack.databaseUrl, ...CONNECTIONS })
    try {
      const spendLimits = limitOf(100)
      const batch = () => Array.from({ length: 5 }, () => requestOf(1, { spendLimits }))
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, i) => decide(i % 2 === 0 ? db : other, ...batch())),
      )
      const kinds = all.flat().map(({ kind }) => kind)
      assert.equal(kinds.filter((kind) => kind === 'accepted').length, 33)
      assert.equal(kinds.filter((kind) => kind === 'spend_limit').length, 17)
      assert.equal(await balanceOf(db, USER), 1_000 - 99)
      assert.deepEqual((await spending())?.slice(1), [99, 99])
    } finally {
      await closeDb(other)
    }
  })

  it('changes nothing by a refusal, and says what is spent and until when', async () => {
    const spendLimits = limitOf(10)
    await decide(db, requestOf(2, { spendLimits }))
    const before = [await spending(), await countRows(db), await balanceOf(db, USER)]
    const [refused, smaller] = await decide(
      db,
      requestOf(2, { spendLimits }),
      requestOf(1, { spendLimits, maxPrice: 2 }),
    )
    assert.ok(refused?.kind === 'spend_limit')
    const { period, limit, spent, resetsAtMs } = refused
    assert.deepEqual([period, limit, spent, resetsAtMs], ['day', 10, 6, (today() + 1) * DAY_MS])
    assert.equal(smaller?.kind, 'price_exceeded')
    assert.deepEqual([await spending(), await countRows(db), await balanceOf(db, USER)], before)
    assert.equal((await decide(db, requestOf(1, { spendLimits })))[0]?.kind, 'accepted')
  })

  it('counts nothing that the balance does not cover', async () => {
    const spendLimits = limitOf(10_000)
    const [dear] = await decide(db, requestOf(400, { spendLimits }))
    assert.equal(dear?.kind, 'insufficient_balance')
    assert.deepEqual(await spending(), [0, 0, 0])
  })

  it('begins again with the day, and the month goes on', async () => {
    const spendLimits = limitOf(6, 9)
    await decide(db, requestOf(2, { spendLimits }))
    // Both days lie in one month unless the second is its first day.
    const yesterday = today() - 1
    const isFirst = new Date(today() * DAY_MS).getUTCDate() === 1
    await look(db, sql`UPDATE user_balances SET spend_day = ${yesterday} WHERE user_id = ${USER}`)
    const decisions = await decide(db, requestOf(1, { spendLimits }), requestOf(1, { spendLimits }))
    assert.equal(decisions[0]?.kind, 'accepted')
    if (isFirst) assert.equal(decisions[1]?.kind, 'accepted')
    else assert.ok(decisions[1]?.kind === 'spend_limit' && decisions[1].period === 'month')
    assert.deepEqual(await spending(), [today(), isFirst ? 6 : 3, isFirst ? 6 : 9])
  })

  it('counts nothing for a customer without one', async () => {
    await decide(db, requestOf(2), requestOf(1, { spendLimits: null }))
    assert.deepEqual(await spending(), [0, 0, 0])
    assert.equal(await balanceOf(db, USER), 991)
  })

  describe('in the memory of a process', () => {
    let asked = 0
    const acceptIn = (price = priceBy(PRICES)) =>
      rememberRefused(
        async (request) => {
          asked++
          const [decision] = await decide(db, request)
          assert.ok(decision)
          return decision
        },
        price,
        () => databaseNowMs(db),
      )
    beforeEach(() => (asked = 0))

    it('refuses again without a transaction, until it may succeed', async () => {
      const send = acceptIn()
      const spendLimits = limitOf(10)
      const kindOf = async (recipients: number, limits = spendLimits) =>
        (await send(requestOf(recipients, { spendLimits: limits }))).kind
      assert.deepEqual([await kindOf(3), await kindOf(1), asked], ['accepted', 'spend_limit', 2])
      const again = await send(requestOf(1, { spendLimits }))
      assert.ok(again.kind === 'spend_limit')
      assert.deepEqual([again.spent, again.limit, asked], [9, 10, 2])
      // A raised limit, and then a smaller message, which only the database can decide.
      assert.deepEqual([await kindOf(1, limitOf(12)), asked], ['accepted', 3])
    })

    it('tells of parts what the limit is and what is left of it, as the database would', async () => {
      const send = acceptIn()
      const partsLimit = perMinute(1, 3)
      assert.equal((await send(requestOf(2, { partsLimit }))).kind, 'accepted')
      const first = await send(requestOf(2, { partsLimit }))
      const again = await send(requestOf(3, { partsLimit }))
      assert.ok(first.kind === 'rate_limit' && again.kind === 'rate_limit')
      assert.deepEqual([first.parts, again.parts, asked], [2, 3, 2])
      assert.deepEqual(again.partsLeft.limit, partsLimit)
      // Its clock may be a little behind the database's.
      assert.ok([0, 1].includes(again.partsLeft.remaining), String(again.partsLeft.remaining))
    })

    it('lets a repeat pass, and what has become free', async () => {
      const spendLimits = limitOf(0)
      const print = fingerprint({ a: 1 })
      assert.ok(print)
      const keyed: SendRequest['keyed'] = {
        request: { userId: USER, route: 'messages', isTest: false, key: 'k', fingerprint: print },
        answerOf: () => ({ status: 202, body: Buffer.from('{}') }),
      }
      await decide(db, requestOf(1, { keyed }))
      const send = acceptIn()
      assert.equal((await send(requestOf(1, { spendLimits }))).kind, 'spend_limit')
      assert.equal((await send(requestOf(1, { spendLimits, keyed }))).kind, 'replayed')
      const free = acceptIn(priceBy({ normal: 0, express: 0 }))
      await free(requestOf(1, { spendLimits }))
      const before = asked
      await free(requestOf(1, { spendLimits }))
      assert.equal(asked, before + 1)
    })
  })
})
