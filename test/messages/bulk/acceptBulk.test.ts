import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../../src/audit/index.ts'
import { perMinute } from '../../../src/limits/index.ts'
import { readBulk } from '../../../src/messages/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { refuseBulk } from '../../../src/messages/routes/bulk/refuseBulk.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { balanceOf, countRows, fund, look } from '../../support/arrange.ts'
import { holdBalance } from '../../support/holdBalance.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { USER, bulkOf, codesOf, messages, offerBulk, offerDecided, resultsOf } from './bulkBench.ts'

const INVALID = { to: '+989120000001', text: '' }
const DEAR = { to: ['+989120000001', '+989120000002'], text: 'hi', max_price: 1 }

describe('a bulk', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, USER, 2_000)
  })
  afterEach(async () => {
    assert.deepEqual((await audit(db)).violations, [])
    await stack.drop()
  })

  const stored = async () => (await countRows(db))['sms_requests']

  it('charges and accepts each message, in more transactions than one, and is kept with its messages', async () => {
    const decision = await offerDecided(db, bulkOf(messages(1_100)))
    assert.equal(decision.outcomes.length, 3)
    assert.deepEqual(codesOf(decision), { accepted: 1_100 })
    assert.deepEqual([await balanceOf(db, USER), await stored()], [900, 1_100])
    const view = await readBulk(db, { userId: USER, bulkId: decision.bulkId ?? '' })
    assert.deepEqual(
      [view?.messages, view?.accepted, view?.refused, view?.cost, view?.counts.QUEUED],
      [1_100, 1_100, 0, 1_100, 1_100],
    )
  })

  it('names each message by its place in the request', async () => {
    const decision = await offerDecided(
      db,
      bulkOf([...messages(2), INVALID, ...messages(2, { type: 'express' })]),
    )
    const texts = await look(
      db,
      sql<{ text: string; id: string; place: number }>`SELECT r.text, LOWER(HEX(r.sms_identifier)) AS id,
        m.message_index AS place FROM bulk_messages m JOIN sms_requests r USING (sms_identifier) ORDER BY place`,
    )
    const results = resultsOf(decision)
    assert.deepEqual(
      results.map(({ index }) => index),
      [0, 1, 2, 3, 4],
    )
    assert.deepEqual(
      texts.map(({ text, place }) => [text, place]),
      [
        ['message 0', 0],
        ['message 1', 1],
        ['message 0', 3],
        ['message 1', 4],
      ],
    )
    const ids = results.flatMap((result) =>
      'message_id' in result ? [result.message_id?.replaceAll('-', '')] : [],
    )
    assert.deepEqual(
      ids,
      texts.map(({ id }) => id),
    )
  })

  it('refuses one by one what is invalid, costs too much or is not covered, each with its code', async () => {
    await fund(db, 2, 4)
    const list = [...messages(1), INVALID, 'hi', DEAR, { ...DEAR, max_price: 9 }, ...messages(2)]
    const decision = await offerDecided(db, bulkOf(list, { userId: 2 }))
    assert.deepEqual(
      resultsOf(decision).map((result) => ('code' in result ? [result.code, result.detail] : [])),
      [
        [],
        ['invalid_request', 'text must not be empty.'],
        ['invalid_request', 'The message must be an object.'],
        ['price_exceeded', 'The message costs 2, and max_price is 1. Nothing was charged.'],
        [],
        [],
        ['insufficient_balance', 'The balance of 0 is 1 short of the cost of 1. Nothing was charged.'],
      ],
    )
    assert.equal(await balanceOf(db, 2), 0)
  })

  it('takes the limit of parts message by message', async () => {
    const decision = await offerDecided(db, bulkOf(messages(5), { partsLimit: perMinute(3) }))
    assert.deepEqual(codesOf(decision), { accepted: 3, rate_limit: 2 })
    assert.equal(decision.partsLeft?.remaining, 0)
  })

  it('keeps nothing of a bulk of which no message was accepted', async () => {
    const before = await countRows(db)
    const decision = await offerDecided(db, bulkOf([INVALID, INVALID], { key: 'k1' }))
    assert.deepEqual([decision.bulkId, codesOf(decision)], [null, { invalid_request: 2 }])
    assert.deepEqual(await countRows(db), before)
    assert.deepEqual(await look(db, sql`SELECT 1 FROM bulks UNION SELECT 1 FROM idempotency_keys`), [])
  })

  it('of another customer is not read', async () => {
    const { bulkId } = await offerDecided(db, bulkOf(messages(1)))
    assert.ok(bulkId)
    assert.equal(await readBulk(db, { userId: USER + 1, bulkId }), undefined)
    assert.equal(await readBulk(db, { userId: USER, bulkId: 'x' }), undefined)
  })

  it('ends with account_locked when its balance stays locked, and charges nothing', async () => {
    const release = await holdBalance(db, USER)
    const offered = offerBulk(db, bulkOf(messages(2)))
    await assert.rejects(offered, (error) => error instanceof Unavailable && error.code === 'account_locked')
    await release()
    assert.equal(await stored(), 0)
  })

  it('counts each message against the limit of spending, over its parts', async () => {
    const spendLimits = { dailyMax: 503, monthlyMax: null }
    const { outcomes } = await offerDecided(db, bulkOf(messages(600), { spendLimits }))
    assert.deepEqual(
      outcomes.map(({ accepted, refused }) => [accepted, refused]),
      [
        [500, 0],
        [3, 97],
      ],
    )
  })
})

describe('a bulk of all or nothing', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, USER, 700)
  })
  afterEach(() => stack.drop())

  const all = (list: unknown[], given: object = {}) =>
    offerBulk(db, bulkOf(list, { isAllOrNothing: true, ...given }))

  it('is accepted in one transaction', async () => {
    const decision = await all(messages(700), { key: 'k1' })
    assert.ok(decision.kind === 'decided')
    assert.equal(decision.outcomes.length, 1)
    assert.equal(await balanceOf(db, USER), 0)
    const repeat = await all(messages(700), { key: 'k1' })
    assert.deepEqual(repeat, { ...decision, isReplayed: true })
  })

  for (const [what, list, kind] of [
    ['the balance does not cover its last message', messages(701), 'short'],
    ['a message costs more than it may', [...messages(600), DEAR], 'refused'],
    ['a message is not valid', [INVALID, ...messages(3)], 'refused'],
  ] as const) {
    it(`changes nothing when ${what}`, async () => {
      const before = await countRows(db)
      const decision = await all([...list], { key: 'k1' })
      assert.equal(decision.kind, kind)
      assert.deepEqual(await countRows(db), before)
      assert.equal(await balanceOf(db, USER), 700)
    })
  }

  it('names what it costs, what there is, and the messages that are not covered', async () => {
    const decision = await all(messages(702))
    assert.ok(decision.kind === 'short')
    assert.deepEqual([decision.cost, decision.balance], [702, 700])
    assert.deepEqual(
      decision.items.map(({ index }) => index),
      [700, 701],
    )
  })

  it('takes its parts from the limit at once, more than the burst when it is full', async () => {
    const partsLimit = perMinute(60, 10)
    assert.equal((await all(messages(20), { partsLimit })).kind, 'decided')
    const limited = await all(messages(5), { partsLimit })
    assert.ok(limited.kind === 'limited')
    assert.ok(limited.retryAfterMs > 10_000, 'it waits for all five')
    assert.deepEqual([limited.parts, limited.partsLeft.limit], [5, partsLimit])
    assert.equal(await balanceOf(db, USER), 680)
  })

  it('is refused as a whole beyond the limit of spending, and says what was spent before it', async () => {
    const spendLimits = { dailyMax: 10, monthlyMax: null }
    assert.equal((await all(messages(4), { spendLimits })).kind, 'decided')
    const refused = await all(messages(8), { spendLimits })
    assert.ok(refused.kind === 'refused')
    const { code, members } = refuseBulk(refused)
    assert.deepEqual(
      [code, members['spent'], members['limit'], members['period']],
      ['spend_limit', 4, 10, 'day'],
    )
    assert.equal(await balanceOf(db, USER), 696)
    assert.equal((await all(messages(6), { spendLimits })).kind, 'decided')
  })
})
