import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import { claim } from '../../src/outbox/claim.ts'
import type { Claim } from '../../src/outbox/claim.ts'
import { countRecipients, decodeRanges } from '../../src/outbox/envelope.ts'
import type { RecipientRange } from '../../src/outbox/index.ts'
import { markPublished } from '../../src/outbox/settle.ts'
import { CommitUnknown, closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { fund, look, newIdOf, offer } from '../support/arrange.ts'
import { loseCommit } from '../support/loseCommit.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'

const RELAYS = 4
const RUNS = 20
const SIZES = { maxOpenConns: 3, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }

const spread = (ranges: RecipientRange[]) =>
  ranges.flatMap(({ smsIdentifier, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${smsIdentifier}:${first + index}`),
  )
const rangesOf = (claimed: Claim | undefined) => claimed?.envelopes.flatMap(({ ranges }) => ranges) ?? []

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

  /** Every recipient that the outbox names, each as often as it does. */
  async function named(): Promise<string[]> {
    const rows = await look(stack.db, sql<{ payload: string }>`SELECT payload FROM outbox_events`)
    return rows.flatMap(({ payload }) => spread(decodeRanges(payload) ?? [])).sort()
  }

  /** How many rows were due when it claimed, and are still. */
  async function leftBy({ leaseUntil }: Claim): Promise<number> {
    const rows = await look(
      stack.db,
      sql`SELECT id FROM outbox_events WHERE next_run_at <= ${leaseUntil} - INTERVAL 10 SECOND`,
    )
    return rows.length
  }

  it('share thousands of small rows, merge them, and none gets what another has', async () => {
    for (let i = 0; i < 4; i++) await send(Array.from({ length: 1_000 }, () => 1))
    const before = await named()
    const claims = await claimAtOnce(10)
    for (const claimed of claims) assert.equal(claimed?.envelopes.length, 10)
    const all = claims.flatMap((claimed) => spread(rangesOf(claimed)))
    assert.equal(new Set(all).size, all.length)
    assert.deepEqual(await named(), before)
  })

  it('wait for no row that somebody else holds, neither to merge nor to lease nor to note what was confirmed', async () => {
    await send([...Array.from({ length: 50 }, () => 1), 100, 100, 1, 1, 1, 1, 1])
    await transact(stack.db, 'test.hold', async (tx) => {
      // A lock that outlives every wait: whoever wants one of these rows fails.
      await sql`SELECT id FROM outbox_events ORDER BY id DESC LIMIT 5 FOR UPDATE`.execute(tx)
      const [db = stack.db] = relays
      const claimed = await claim(db, 'normal', 20, newIdOf(db))
      assert.deepEqual(claimed?.envelopes.map(({ ranges }) => countRecipients(ranges)).sort(), [100, 100, 50])
      const { envelopes, leaseUntil } = claimed
      await markPublished(
        db,
        envelopes.map(({ outboxId }) => ({ outboxId, leaseUntil })),
      )
    })
    assert.equal(retried, 0)
  })

  it('leave no due row behind when they go on until nothing is due', async () => {
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

  it('name each recipient once before and after, keep to their limits, claim the oldest, and say when they leave something, whatever is due', async () => {
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
        assert.ok(!last || last.isFull || (await leftBy(last)) === 0, 'it left what it does not tell of')
      }),
      { numRuns: RUNS },
    )
  })

  it('lose nothing when the answer to a claim’s COMMIT is lost: its rows come due again with their lease', async () => {
    await send([3, 4, 5])
    const before = await named()
    const proxy = await openTcpProxy(stack.databaseUrl)
    const db = openDb({ url: proxy.url, ...SIZES })
    for (const part of ['answer', 'request'] as const) {
      loseCommit(proxy, part)
      await assert.rejects(claim(db, 'normal', 20, newIdOf(db)), CommitUnknown)
      assert.deepEqual(await named(), before)
      await look(stack.db, sql`UPDATE outbox_events SET next_run_at = NOW(6)`)
    }
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(spread(rangesOf(claimed)).sort(), before)
    await closeDb(db)
    await proxy.close()
  })
})
