import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'
import { audit } from '../../../src/audit/index.ts'
import { closeDb, openDb } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { balanceOf, countRows, fund, look } from '../../support/arrange.ts'
import { beforeLookUp, loseCommit } from '../../support/loseCommit.ts'
import type { LostCommit } from '../../support/loseCommit.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import {
  USER,
  beforePrepare,
  bulkOf,
  codesOf,
  messages,
  offerBulk,
  offerDecided,
  resultsOf,
} from './bulkBench.ts'

const INVALID = { to: '+989120000001', text: '' }

describe('a bulk under an idempotency key', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, USER, 1_200)
  })
  afterEach(async () => {
    assert.deepEqual((await audit(db)).violations, [])
    await stack.drop()
  })

  const mixed = () => [...messages(600), INVALID, ...messages(601)]

  it('is charged once, and a repeat gets the first results, refusals included', async () => {
    const first = await offerDecided(db, bulkOf(mixed(), { key: 'k1' }))
    assert.deepEqual(codesOf(first), { accepted: 1_200, invalid_request: 1, insufficient_balance: 1 })
    await fund(db, USER, 1_000)
    const repeat = await offerDecided(db, bulkOf(mixed(), { key: 'k1' }))
    assert.deepEqual([first.isReplayed, repeat.isReplayed], [false, true])
    assert.equal(JSON.stringify(repeat.outcomes), JSON.stringify(first.outcomes))
    assert.equal(repeat.bulkId, first.bulkId)
    assert.equal(await balanceOf(db, USER), 1_000)
  })

  it('is one bulk when twenty equal ones come at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () => offerDecided(db, bulkOf(mixed(), { key: 'k1' }))),
    )
    assert.deepEqual([...new Set(all.map(({ bulkId }) => bulkId))].length, 1)
    assert.deepEqual([...new Set(all.map(({ outcomes }) => JSON.stringify(outcomes)))].length, 1)
    assert.deepEqual([await balanceOf(db, USER), (await countRows(db))['sms_requests']], [0, 1_200])
  })

  it('sends after a top-up when nothing was accepted at first', async () => {
    const bulk = () =>
      bulkOf(messages(2, { to: ['+989120000001', '+989120000002'] }), { key: 'k1', userId: 2 })
    await fund(db, 2, 1)
    assert.deepEqual(codesOf(await offerDecided(db, bulk())), { insufficient_balance: 2 })
    await fund(db, 2, 3)
    const second = await offerDecided(db, bulk())
    assert.deepEqual([codesOf(second), second.isReplayed], [{ accepted: 2 }, false])
  })

  it('keeps the refusals before its first accepted message with it', async () => {
    const list = [...Array.from({ length: 1_000 }, () => INVALID), ...messages(1)]
    const first = await offerDecided(db, bulkOf(list, { key: 'k1' }))
    assert.deepEqual(codesOf(first), { invalid_request: 1_000, accepted: 1 })
    const repeat = await offerDecided(db, bulkOf(list, { key: 'k1' }))
    assert.deepEqual([repeat.outcomes, repeat.isReplayed], [first.outcomes, true])
    assert.deepEqual(await look(db, sql`SELECT messages, accepted, refused, cost FROM bulks`), [
      { messages: 1_001, accepted: 1, refused: 1_000, cost: 1 },
    ])
  })

  it('goes on where it was interrupted, and keeps what was decided', async () => {
    const bulk = bulkOf(messages(1_100), { key: 'k1' })
    beforePrepare(bulk.parts[1], () => {
      throw new Error('killed')
    })
    await assert.rejects(offerBulk(db, bulk), /killed/)
    assert.equal(await balanceOf(db, USER), 700)
    const whole = await offerDecided(db, bulkOf(messages(1_100), { key: 'k1' }))
    assert.deepEqual([codesOf(whole), whole.isReplayed], [{ accepted: 1_100 }, false])
    assert.deepEqual([await balanceOf(db, USER), (await countRows(db))['sms_requests']], [100, 1_100])
    assert.deepEqual(await look(db, sql`SELECT messages, accepted, refused, cost FROM bulks`), [
      { messages: 1_100, accepted: 1_100, refused: 0, cost: 1_100 },
    ])
  })

  it('is refused when another request used the key', async () => {
    await offerDecided(db, bulkOf(messages(1), { key: 'k1' }))
    assert.equal((await offerBulk(db, bulkOf(messages(2), { key: 'k1' }))).kind, 'key_reused')
    assert.equal(
      (await offerBulk(db, bulkOf(messages(1), { key: 'k1', isAllOrNothing: true }))).kind,
      'key_reused',
    )
    assert.equal(await balanceOf(db, USER), 1_199)
  })

  it('keeps its parts longer than its key, so that it is never found without them', async () => {
    await offerDecided(db, bulkOf(messages(501), { key: 'k1' }))
    const rows = await look(
      db,
      sql<{ route: string; hours: number }>`SELECT route, TIMESTAMPDIFF(HOUR, created_at, kept_until) AS hours
        FROM idempotency_keys ORDER BY route, created_at`,
    )
    assert.deepEqual(
      rows.map(({ route, hours }) => [route, hours]),
      [
        ['messages/bulk', 24],
        ['messages/bulk/part', 25],
        ['messages/bulk/part', 25],
      ],
    )
  })

  it('takes no part of an earlier bulk whose key is no longer kept', async () => {
    const first = await offerDecided(db, bulkOf(messages(501), { key: 'k1' }))
    await look(db, sql`DELETE FROM idempotency_keys WHERE route = 'messages/bulk'`)
    const second = await offerDecided(db, bulkOf(messages(501), { key: 'k1' }))
    assert.deepEqual([second.isReplayed, codesOf(second)], [false, { accepted: 501 }])
    assert.notEqual(second.bulkId, first.bulkId)
  })
})

describe('a bulk on a link that fails', () => {
  let stack: Stack
  let proxy: TcpProxy
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
    const sizes = { maxOpenConns: 4, maxIdleConns: 3, connMaxLifetimeSeconds: 300 }
    db = openDb({ url: proxy.url, ...sizes })
    await fund(stack.db, USER, 1_000)
  })
  afterEach(async () => {
    assert.deepEqual((await audit(stack.db)).violations, [])
    proxy.cut()
    await closeDb(db)
    await proxy.close()
    await stack.drop()
  })

  for (const part of ['request', 'answer'] as const) {
    for (const key of [undefined, 'k1']) {
      it(`charges once when the ${part} of a COMMIT is lost, ${key ? 'with' : 'without'} a key`, async () => {
        // The part after the first one has refusals alone: it writes its counts and, with a key, its results.
        const list = [...messages(500), ...Array.from({ length: 500 }, () => INVALID)]
        const bulk = bulkOf(list, key === undefined ? {} : { key })
        for (const each of bulk.parts) beforePrepare(each, () => losses.push(loseCommit(proxy, part)))
        const losses: LostCommit[] = []
        assert.deepEqual(codesOf(await offerDecided(db, bulk)), { accepted: 500, invalid_request: 500 })
        assert.deepEqual(
          losses.map((lost) => lost.count()),
          [1, 1],
        )
        assert.equal(await balanceOf(stack.db, USER), 500)
        assert.deepEqual(await look(stack.db, sql`SELECT accepted, refused, cost FROM bulks`), [
          { accepted: 500, refused: 500, cost: 500 },
        ])
      })
    }
  }

  const hide = () => look(stack.db, sql`RENAME TABLE bulks TO hidden_bulks`)
  const show = () => look(stack.db, sql`RENAME TABLE hidden_bulks TO bulks`)

  it('names messages whose outcome is unknown, and refuses the rest as unavailable, without a key', async () => {
    loseCommit(proxy, 'answer')
    beforeLookUp(proxy, hide)
    const decision = await offerDecided(db, bulkOf(messages(501))).finally(show)
    assert.deepEqual(codesOf(decision), { outcome_unknown: 500, unavailable: 1 })
    const [unknown] = resultsOf(decision)
    assert.ok(unknown && 'message_id' in unknown && unknown.message_id)
    assert.ok(decision.bulkId)
    assert.equal(await balanceOf(stack.db, USER), 500)
  })

  const goAway = () => {
    proxy.refuse()
    proxy.cut()
  }

  it('has the rest refused as unavailable, without a key, when the database goes away in the middle', async () => {
    const bulk = bulkOf(messages(700))
    beforePrepare(bulk.parts[1], goAway)
    const decision = await offerDecided(db, bulk)
    assert.deepEqual(codesOf(decision), { accepted: 500, unavailable: 200 })
    assert.equal(await balanceOf(stack.db, USER), 500)
  })

  it('is to be repeated, with a key, when the database goes away in the middle', async () => {
    const bulk = bulkOf(messages(700), { key: 'k1' })
    beforePrepare(bulk.parts[1], goAway)
    const offered = offerBulk(db, bulk)
    await assert.rejects(offered, (error) => error instanceof Unavailable && error.code === 'bulk_incomplete')
    proxy.admit()
    const whole = await offerDecided(stack.db, bulkOf(messages(700), { key: 'k1' }))
    assert.deepEqual(codesOf(whole), { accepted: 700 })
    assert.equal(await balanceOf(stack.db, USER), 300)
  })
})
