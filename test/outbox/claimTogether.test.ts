import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import { claim } from '../../src/outbox/claim.ts'
import { confirmLease } from '../../src/outbox/confirmLease.ts'
import { countRecipients } from '../../src/outbox/envelope.ts'
import { CommitUnknown, closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { fund, newIdOf, offer } from '../support/arrange.ts'
import { loseCommit } from '../support/loseCommit.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { makeReady, namedBy, rangesOf, readyOf, spread } from './rows.ts'

const RELAYS = 4
const RUNS = 20
const SIZES = { maxOpenConns: 3, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }

describe('relays that claim at the same time', () => {
  let stack: Stack
  let relays: Db[]
  let retried: number

  before(async () => {
    stack = await freshStack()
    relays = Array.from({ length: RELAYS }, () =>
      openDb({ url: stack.databaseUrl, ...SIZES }, (_operation, _durationMs, outcome) => {
        if (outcome === 'retried') retried++
      }),
    )
  })
  beforeEach(async () => {
    await emptyTables(stack.db)
    await fund(stack.db, 1, 1_000_000)
    retried = 0
  })
  after(async () => {
    for (const db of relays) await closeDb(db)
    await stack.drop()
  })

  const send = (sizes: number[]) => offer(stack.db, ...sizes.map((to) => ({ userId: 1, to })))
  const claimAtOnce = (envelopesMax: number) =>
    Promise.all(relays.map((db) => claim(db, 'normal', envelopesMax, newIdOf(db))))

  const named = () => namedBy(stack.db)

  it('share thousands of small rows, merge them, and none gets what another has', async () => {
    for (let i = 0; i < 4; i++) await send(Array.from({ length: 1_000 }, () => 1))
    const before = await named()
    const claims = await claimAtOnce(10)
    for (const claimed of claims) assert.equal(claimed?.envelopes.length, 10)
    const all = claims.flatMap((claimed) => spread(rangesOf(claimed)))
    assert.equal(new Set(all).size, all.length)
    assert.deepEqual(await named(), before)
  })

  it('wait for no row that another session locks, neither to merge nor to lease nor to confirm leases', async () => {
    await send([...Array.from({ length: 50 }, () => 1), 100, 100, 1, 1, 1, 1, 1])
    await transact(stack.db, 'test.hold', async (tx) => {
      // A lock that outlives every wait: a session that wants one of these rows fails.
      await sql`SELECT id FROM outbox_events ORDER BY id DESC LIMIT 5 FOR UPDATE`.execute(tx)
      const [db = stack.db] = relays
      const claimed = await claim(db, 'normal', 20, newIdOf(db))
      assert.deepEqual(claimed?.envelopes.map(({ ranges }) => countRecipients(ranges)).sort(), [100, 100, 50])
      const { envelopes, leaseUntil } = claimed
      await confirmLease(
        db,
        'normal',
        envelopes.map(({ outboxId }) => ({ outboxId, leaseUntil })),
      )
    })
    assert.equal(retried, 0)
  })

  it('leave no ready row behind when they go on until nothing is ready', async () => {
    await send(Array.from({ length: 900 }, (_, index) => (index % 9) + 1))
    const before = await named()
    const got: string[] = []
    for (;;) {
      const claims = await claimAtOnce(3)
      got.push(...claims.flatMap((claimed) => spread(rangesOf(claimed))))
      if (claims.every((claimed) => claimed === undefined)) break
    }
    assert.deepEqual(got.sort(), before)
    assert.deepEqual(await named(), before)
  })

  it('name each recipient once before and after, keep to their limits, and say when they leave something, whatever is ready', async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 260 })), {
      minLength: 1,
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 25 }), async (requests, envelopesMax) => {
        await emptyTables(stack.db)
        await fund(stack.db, 1, 1_000_000)
        await send(requests)
        const before = await named()
        const claims = await claimAtOnce(envelopesMax)
        assert.deepEqual(await named(), before)
        const claimed = claims.flatMap((each) => each?.envelopes ?? [])
        const got = claimed.flatMap(({ ranges }) => spread(ranges))
        assert.equal(new Set(got).size, got.length)
        assert.ok(claimed.length >= 1)
        for (const each of claims) {
          const counts = each?.envelopes.map(({ ranges }) => countRecipients(ranges)) ?? []
          assert.ok(counts.length <= envelopesMax && counts.every((count) => count <= 100))
        }
        const last = await claim(stack.db, 'normal', envelopesMax, newIdOf(stack.db))
        assert.ok(
          !last || last.isFull || (await readyOf(stack.db)).length === 0,
          'it left what it does not tell of',
        )
      }),
      { numRuns: RUNS },
    )
  })

  it('lose nothing when the answer to a claim’s COMMIT is lost: its rows come due again when their lease ends', async () => {
    await send([3, 4, 5])
    const before = await named()
    const proxy = await openTcpProxy(stack.databaseUrl)
    const db = openDb({ url: proxy.url, ...SIZES })
    for (const part of ['answer', 'request'] as const) {
      loseCommit(proxy, part)
      await assert.rejects(claim(db, 'normal', 20, newIdOf(db)), CommitUnknown)
      assert.deepEqual(await named(), before)
      await makeReady(stack.db, 'normal')
    }
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(spread(rangesOf(claimed)).sort(), before)
    await closeDb(db)
    await proxy.close()
  })
})
