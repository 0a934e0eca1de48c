import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { sql } from 'kysely'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import { CancelInterrupted, cancelBulk, openBulkCancellations } from '../../src/delivery/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { STEPS_CHANNEL } from '../../src/platform/steps.ts'
import type { Step } from '../../src/platform/steps.ts'
import { identifierFromBytes, identifierToBytes } from '../../src/primitives/identifier.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { fund, look } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import {
  beforePrepare,
  bulkOf,
  codesOf,
  messages,
  offerDecided,
  resultsOf,
} from '../messages/bulk/bulkBench.ts'
import { CUSTOMER, DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, testOperator } from './operators.ts'

const NONE = { pending: 0, sending: 0, done: 0, failed: 0, cancelled: 0 }

describe('the cancellation of a bulk', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const send = async (list: object[]) => {
    const decision = await offerDecided(bench.db, bulkOf(list, { userId: CUSTOMER }))
    assert.ok(decision.bulkId)
    const ids = resultsOf(decision).flatMap((result) =>
      'message_id' in result ? (result.message_id ?? []) : [],
    )
    return { bulkId: decision.bulkId, ids }
  }
  const cancelOf = (bulkId: string, userId = CUSTOMER) => cancelBulk({ db: bench.db }, { userId, bulkId })

  it('refunds every message that waits, in more transactions than one, and removes the outbox rows', async () => {
    const { bulkId } = await send(messages(450))
    assert.deepEqual(await cancelOf(bulkId), {
      ...{ counts: { ...NONE, cancelled: 450 }, refunded: 450, messages: 450, cancelledNow: 450 },
      isStopped: false,
    })
    assert.equal(await bench.balance(), DEPOSIT)
    assert.deepEqual(await bench.outbox(), [])
  })

  it('answers a repeat with the same, and refunds once', async () => {
    const { bulkId } = await send(messages(3))
    const first = await cancelOf(bulkId)
    assert.deepEqual(await cancelOf(bulkId), { ...first, cancelledNow: 0 })
    assert.equal((await bench.refunds()).length, 3)
  })

  it('refunds once when ten come at once, in turn or not', async () => {
    const { bulkId } = await send(messages(250))
    const inTurn = openBulkCancellations(bench.db)
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index < 5 ? cancelOf(bulkId) : inTurn({ userId: CUSTOMER, bulkId }),
      ),
    )
    assert.equal(
      all.reduce((sum, each) => sum + (each?.cancelledNow ?? 0), 0),
      250,
    )
    assert.ok(all.every((each) => each?.refunded === 250))
    assert.equal(await bench.balance(), DEPOSIT)
  })

  it('knows no bulk of another customer, and changes none', async () => {
    const { bulkId } = await send(messages(1))
    assert.equal(await cancelOf(bulkId, CUSTOMER + 1), undefined)
    assert.equal((await bench.outbox()).length, 1)
  })

  it('leaves messages of no bulk and of another one', async () => {
    const alone = await bench.accept()
    const other = await send(messages(1))
    const { bulkId } = await send(messages(2))
    await cancelOf(bulkId)
    for (const id of [alone, ...other.ids]) assert.equal((await bench.row(id)).status, 'pending')
  })

  it('cancels messages with many recipients, each alone in its transaction', async () => {
    await fund(bench.db, CUSTOMER, 10_000)
    const to = Array.from({ length: 3_000 }, (_, index) => `+98912${1_000_000 + index}`)
    const { bulkId } = await send([{ to, text: 'a' }, ...messages(2), { to, text: 'b' }])
    const cancelled = await cancelOf(bulkId)
    assert.deepEqual([cancelled?.messages, cancelled?.counts.cancelled], [4, 6_002])
  })

  it('leaves what an operator may have, and cancels the rest', async () => {
    const { bulkId, ids } = await send(messages(3))
    await look(
      bench.db,
      sql`UPDATE sms_status SET possibly_sent = TRUE WHERE sms_identifier = ${identifierToBytes(ids[1] ?? '')}`,
    )
    const cancelled = await cancelOf(bulkId)
    assert.deepEqual(cancelled?.counts, { ...NONE, pending: 1, cancelled: 2 })
    assert.equal(cancelled?.refunded, 2)
  })

  it('takes its messages out of envelopes that are delivered meanwhile: each is sent, or cancelled and refunded', async () => {
    const { bulkId, ids } = await send(messages(300))
    const sent = new Set<string>()
    const operator = testOperator('a', (batch) => {
      for (const { reference } of batch) sent.add(reference.slice(0, reference.indexOf(':')))
      return Promise.resolve(accepts(batch))
    })
    const delivery = openDelivery(bench.db, [operator])
    const envelopes = [await bench.envelope(), await bench.envelope()]
    const [cancelled] = await Promise.all([
      cancelOf(bulkId),
      ...envelopes.map((envelope) => delivery.deliver(envelope)),
    ])
    const rows = (await Promise.all(ids.map((id) => bench.rows(id)))).flat()
    const statuses = new Map(ids.map((id, index) => [id, rows[index]?.status]))
    for (const id of ids) assert.equal(statuses.get(id), sent.has(id) ? 'done' : 'cancelled')
    assert.equal(cancelled?.refunded, ids.length - sent.size)
    assert.equal(await bench.balance(), DEPOSIT - sent.size)
  })

  /** Lets something happen with the bulk when the turn of its second part has come. */
  const offerInterrupted = (count: number, key: string | undefined, happen: (bulkId: string) => unknown) => {
    const bulk = bulkOf(messages(count), { userId: CUSTOMER, ...(key === undefined ? {} : { key }) })
    beforePrepare(bulk.parts[1], async () => happen(await bulkIdOf()))
    return offerDecided(bench.db, bulk)
  }
  const bulkIdOf = async () => {
    const [row] = await look(bench.db, sql<{ bulk_id: Buffer }>`SELECT bulk_id FROM bulks`)
    assert.ok(row)
    return identifierFromBytes(row.bulk_id)
  }

  for (const key of [undefined, 'k1']) {
    it(`has the rest refused, and not charged, while the bulk is being accepted, ${key ? 'with' : 'without'} a key`, async () => {
      const decision = await offerInterrupted(1_100, key, async (bulkId) => {
        const cancelled = await cancelOf(bulkId)
        assert.deepEqual([cancelled?.messages, cancelled?.refunded], [500, 500])
      })
      assert.deepEqual(codesOf(decision), { accepted: 500, cancelled: 600 })
      assert.equal(await bench.balance(), DEPOSIT)
      assert.deepEqual(await look(bench.db, sql`SELECT messages, accepted, refused, cost FROM bulks`), [
        { messages: 1_100, accepted: 500, refused: 600, cost: 500 },
      ])
      const repeat = await cancelOf(await bulkIdOf())
      assert.deepEqual([repeat?.messages, repeat?.refunded, repeat?.cancelledNow], [500, 500, 0])
      if (key === undefined) return
      const replayed = await offerDecided(bench.db, bulkOf(messages(1_100), { userId: CUSTOMER, key }))
      assert.deepEqual([replayed.outcomes, replayed.isReplayed], [decision.outcomes, true])
    })
  }

  it('has the rest refused although nothing that was accepted can be cancelled', async () => {
    const decision = await offerInterrupted(501, undefined, async (bulkId) => {
      await look(bench.db, sql`UPDATE sms_status SET possibly_sent = TRUE`)
      const cancelled = await cancelOf(bulkId)
      assert.deepEqual([cancelled?.isStopped, cancelled?.counts.pending], [true, 500])
    })
    assert.deepEqual(codesOf(decision), { accepted: 500, cancelled: 1 })
    assert.equal((await cancelOf(await bulkIdOf()))?.isStopped, true)
  })

  it('leaves nothing to be sent when it comes at the same time as a part', async () => {
    const all: ReturnType<typeof cancelOf>[] = []
    const decision = await offerInterrupted(900, undefined, (bulkId) => {
      all.push(cancelOf(bulkId))
    })
    const [cancelled] = await Promise.all(all)
    const { accepted = 0 } = codesOf(decision)
    assert.deepEqual(cancelled?.counts, { ...NONE, cancelled: accepted })
    assert.equal(await bench.balance(), DEPOSIT)
    assert.deepEqual(await bench.outbox(), [])
  })

  describe('when the database goes away', () => {
    let proxy: TcpProxy
    let db: Db
    beforeEach(async () => {
      proxy = await openTcpProxy(bench.databaseUrl)
      db = openDb({ url: proxy.url, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
    })
    afterEach(async () => {
      await closeDb(db)
      await proxy.close()
    })

    /** Nothing gets through any more after the first COMMIT of this operation. */
    const cancelUntil = async (operation: string, bulkId: string) => {
      const onStep = (step: unknown) => {
        const { at, what } = step as Step
        if (at !== operation || what !== 'committed') return
        proxy.refuse()
        proxy.cut()
      }
      subscribe(STEPS_CHANNEL, onStep)
      try {
        return await cancelBulk({ db }, { userId: CUSTOMER, bulkId })
      } finally {
        unsubscribe(STEPS_CHANNEL, onStep)
      }
    }

    for (const [count, cancelled] of [
      [450, 200],
      [3, 3],
    ] as const)
      it(`between its transactions or after the last, it does not claim that nothing was changed (${count} messages)`, async () => {
        const { bulkId } = await send(messages(count))
        await assert.rejects(cancelUntil('delivery.cancel_bulk', bulkId), CancelInterrupted)
        assert.equal((await bench.refunds()).length, cancelled)
        assert.equal((await cancelOf(bulkId))?.refunded, count)
      })

    it('after it has stopped a bulk that is being accepted, neither', async () => {
      await offerInterrupted(501, undefined, (bulkId) =>
        assert.rejects(cancelUntil('delivery.stop_bulk', bulkId), CancelInterrupted),
      )
    })

    it('before anything was changed, it says so', async () => {
      const { bulkId } = await send(messages(3))
      await assert.rejects(cancelUntil('delivery.stop_bulk', bulkId), Unavailable)
      assert.deepEqual(await bench.refunds(), [])
    })
  })

  it('stops nothing while the balance stays locked', async () => {
    const decision = await offerInterrupted(501, undefined, async (bulkId) => {
      const release = await holdBalance(bench.db, CUSTOMER)
      await assert.rejects(cancelOf(bulkId), Unavailable)
      await release()
    })
    assert.deepEqual(codesOf(decision), { accepted: 501 })
  })

  it('by another customer lets the bulk go on', async () => {
    const decision = await offerInterrupted(501, undefined, async (bulkId) => {
      assert.equal(await cancelOf(bulkId, CUSTOMER + 1), undefined)
    })
    assert.deepEqual(codesOf(decision), { accepted: 501 })
    assert.equal((await cancelOf(await bulkIdOf()))?.isStopped, false)
  })
})
