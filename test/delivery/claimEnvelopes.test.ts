import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Envelope } from '../../src/outbox/index.ts'
import { closeDb, openDb, read, transact } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { eventually } from '../support/eventually.ts'
import { holdRows } from '../support/lockWaits.ts'
import { loseCommit } from '../support/loseCommit.ts'
import type { LostPart } from '../support/loseCommit.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { claimAll } from './settlements.ts'
import { observed } from './observed.ts'
import { accepts, slowOperator, testOperator } from './operators.ts'

const OWNER = '00112233445566aa'
const OTHER = 'ffeeddccbbaa9988'

describe('a claim of several envelopes', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  /** One request and its envelope for each count. */
  const envelopes = async (...counts: number[]): Promise<{ ids: string[]; envelopes: Envelope[] }> => {
    const ids: string[] = []
    const envelopes: Envelope[] = []
    for (const count of counts) {
      ids.push(await bench.accept({ count }))
      envelopes.push(await bench.envelope())
    }
    await bench.published()
    return { ids, envelopes }
  }
  const references = (id: string, ...numbers: number[]) => numbers.map((no) => `${id}:${no}`)

  it('is of the small ones first, though a full envelope arrived before them', async () => {
    const { envelopes: all } = await envelopes(100, 1, 1)
    const operator = testOperator('a')
    const { deliver } = openDelivery(bench.db, [operator], { batchSizeMax: 100 })
    await Promise.all(all.map((envelope) => deliver(envelope)))
    assert.deepEqual(
      operator.calls.map(({ length }) => length),
      [1, 1, 100],
    )
  })

  it('knows the age of a scheduled message from the time that it was scheduled for', async () => {
    const { ids, envelopes: all } = await envelopes(1)
    const id = identifierToBytes(ids[0]!)
    await transact(bench.db, 'test.age', async (tx) => {
      await sql`UPDATE sms_status SET created_at = NOW(3) - INTERVAL 8 HOUR WHERE sms_identifier = ${id}`.execute(
        tx,
      )
      await sql`UPDATE sms_requests SET created_at = NOW(3) - INTERVAL 8 HOUR, send_at = NOW(3) - INTERVAL 1 HOUR
        WHERE sms_identifier = ${id}`.execute(tx)
    })
    const [claimed] = await claimAll(bench.db, all, OWNER)
    const ageHours = (performance.now() - claimed!.tasks[0]!.acceptedAtMs) / 3_600_000
    assert.equal(Math.floor(ageHours), 1)
  })

  it('is one transaction and gives each its own recipients, under one owner', async () => {
    const { ids, envelopes: all } = await envelopes(2, 3, 1)
    const { db, operations } = observed(bench.db)
    const claims = await claimAll(db, all.toReversed(), OWNER)
    assert.deepEqual(operations, ['delivery.claim'])
    assert.deepEqual(
      claims.map(({ tasks }) => tasks.map(({ reference }) => reference)),
      [references(ids[2]!, 1), references(ids[1]!, 1, 2, 3), references(ids[0]!, 1, 2)],
    )
    for (const id of ids)
      for (const row of await bench.rows(id))
        assert.deepEqual([row.status, row.owner?.toLowerCase()], ['sending', OWNER])
  })

  it('gives a recipient that two of them name to the first, and brings the second back when its lease ends', async () => {
    const { ids, envelopes: all } = await envelopes(3, 2)
    const [first, second] = all as [Envelope, Envelope]
    const both = { ...second, ranges: [...first.ranges, ...second.ranges] }
    const claims = await claimAll(bench.db, [first, both], OWNER)
    assert.deepEqual(
      claims.map(({ tasks }) => tasks.map(({ reference }) => reference)),
      [references(ids[0]!, 1, 2, 3), references(ids[1]!, 1, 2)],
    )
    assert.deepEqual(
      claims.map(({ inFlight }) => inFlight.hasOthers),
      [false, true],
    )
    const due = (await bench.outbox()).map(({ dueInMs }) => dueInMs)
    assert.ok(due.some((ms) => ms > 50_000) && due.some((ms) => ms > 5_000 && ms <= 10_500), `${due.join()}`)
  })

  it('gives each its own part of one request, to the recipient', async () => {
    const { ids, envelopes: all } = await envelopes(5, 1)
    const [whole, other] = all as [Envelope, Envelope]
    const [range] = whole.ranges
    assert.ok(range)
    const parts = [
      { ...whole, ranges: [{ ...range, last: 2 }] },
      { ...other, ranges: [...other.ranges, { ...range, first: 3, last: 4 }] },
    ]
    const claims = await claimAll(bench.db, parts, OWNER)
    assert.deepEqual(
      claims.map(({ tasks }) => tasks.map(({ reference }) => reference).sort()),
      [references(ids[0]!, 1, 2), [...references(ids[0]!, 3, 4), ...references(ids[1]!, 1)].sort()],
    )
    assert.equal((await bench.rows(ids[0]!)).at(-1)?.status, 'pending')
  })

  it('leaves what others hold to them, loses what is at its end, and claims the rest', async () => {
    const { ids, envelopes: all } = await envelopes(2, 2, 2)
    const [leased, ended, free] = all as [Envelope, Envelope, Envelope]
    await claimAll(bench.db, [leased], OTHER)
    await read(bench.db, 'test.end', (reader) =>
      sql`UPDATE sms_status SET status = 'done', provider = 'a', handed_over_at = NOW(3)
        WHERE sms_identifier = ${identifierToBytes(ids[1]!)}`.execute(reader),
    )
    const claims = await claimAll(bench.db, [leased, ended, free], OWNER)
    assert.deepEqual(
      claims.map(({ tasks }) => tasks.length),
      [0, 0, 2],
    )
    const due = (await bench.outbox()).map(({ dueInMs }) => dueInMs).toSorted((a, b) => a - b)
    assert.equal(due.length, 2, 'the row of the ended one is gone')
    assert.ok(due[0]! <= 10_000 && due[1]! > 50_000, `${due.join()}`)
    assert.ok((await bench.rows(ids[0]!)).every(({ owner }) => owner?.toLowerCase() === OTHER))
  })

  it('brings back by the database’s clock what it claimed for another envelope, whatever this process’s says', async () => {
    const { envelopes: all } = await envelopes(2, 3)
    const [first, second] = all as [Envelope, Envelope]
    const { clock } = bench.db
    const astray = { ...bench.db, clock: { ...clock, offsetMs: clock.offsetMs + 3_600_000 } }
    await claimAll(astray, [first, { ...second, ranges: [...second.ranges, ...first.ranges] }])
    const due = (await bench.outbox()).map(({ dueInMs }) => dueInMs)
    assert.ok(due.some((ms) => ms > 5_000 && ms <= 10_500) && due.every((ms) => ms < 61_000), due.join())
  })

  it('doubts those whose owner was lost, and only those', async () => {
    const { ids, envelopes: all } = await envelopes(2, 2)
    await claimAll(bench.db, all.slice(0, 1), OTHER)
    await bench.leaseIsOver(ids[0]!)
    const claims = await claimAll(bench.db, all, OWNER)
    assert.deepEqual(
      claims.map(({ tasks }) => tasks.map(({ doubt, possiblySent }) => [doubt, possiblySent])),
      [
        [
          ['lost', true],
          ['lost', true],
        ],
        [
          [null, false],
          [null, false],
        ],
      ],
    )
  })

  for (const part of ['request', 'answer'] as LostPart[]) {
    it(`finds its own work when the ${part} of its COMMIT is lost`, async () => {
      const { ids, envelopes: all } = await envelopes(2, 3)
      const [first, second] = all as [Envelope, Envelope]
      const proxy = await openTcpProxy(bench.db.settings.url)
      const db = openDb({ ...bench.db.settings, url: proxy.url })
      const lost = loseCommit(proxy, part)
      const claims = await claimAll(db, [first, { ...second, ranges: [...second.ranges, ...first.ranges] }])
      assert.equal(lost.count(), 1)
      assert.deepEqual(
        claims.map(({ tasks }) => [
          tasks.map(({ reference }) => reference),
          tasks.some(({ doubt }) => doubt),
        ]),
        [
          [references(ids[0]!, 1, 2), false],
          [references(ids[1]!, 1, 2, 3), false],
        ],
      )
      await closeDb(db)
      await proxy.close()
    })
  }
})

describe('a delivery with several envelopes in flight', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const accepted = async (count: number): Promise<{ ids: string[]; envelopes: Envelope[] }> => {
    const ids: string[] = []
    const envelopes: Envelope[] = []
    for (let i = 0; i < count; i++) {
      ids.push(await bench.accept({ count: 2 }))
      envelopes.push(await bench.envelope())
    }
    return { ids, envelopes }
  }

  it('claims and settles together those that come together, each with a call of its own', async () => {
    const { ids, envelopes } = await accepted(5)
    const { db, operations } = observed(bench.db)
    const a = testOperator('a')
    const { deliver, reported } = openDelivery(db, [a])
    await Promise.all(envelopes.map(deliver))
    assert.equal(operations.filter((name) => name === 'delivery.claim').length, 1)
    assert.ok(operations.filter((name) => name === 'delivery.settle').length < 5, operations.join())
    assert.deepEqual([a.calls.length, reported.settled.length], [5, 10])
    for (const id of ids) assert.ok((await bench.rows(id)).every(({ status }) => status === 'done'))
    assert.deepEqual(await bench.outbox(), [])
  })

  it('claims no more recipients together than a transaction may hold', async () => {
    const { envelopes } = await accepted(5)
    const { db, operations } = observed(bench.db)
    const { deliver } = openDelivery(db, [testOperator('a')], { batchSizeMax: 4 })
    await Promise.all(envelopes.map(deliver))
    assert.equal(operations.filter((name) => name === 'delivery.claim').length, 3)
  })

  it('fails the one whose text is missing, and delivers its neighbours', async () => {
    const { ids, envelopes } = await accepted(4)
    const [, broken = ''] = ids
    const text = { sms_identifier: identifierToBytes(broken), moved: identifierToBytes(randomUUID()) }
    const rename = (from: Buffer, to: Buffer) =>
      read(bench.db, 'test.rename', (reader) =>
        sql`UPDATE sms_requests SET sms_identifier = ${to} WHERE sms_identifier = ${from}`.execute(reader),
      )
    await rename(text.sms_identifier, text.moved)
    const a = testOperator('a')
    const { deliver, reported } = openDelivery(bench.db, [a])
    const ends = await Promise.allSettled(envelopes.map(deliver))
    assert.deepEqual(
      ends.map((end) => (end.status === 'fulfilled' ? 'delivered' : String(end.reason))),
      ['delivered', `Error: the request ${broken} has recipients and no text`, 'delivered', 'delivered'],
    )
    assert.deepEqual([a.calls.length, reported.settled.length], [3, 6])
    assert.ok((await bench.rows(broken)).every(({ status }) => status === 'pending'))
    assert.equal((await bench.outbox()).length, 1)
    await rename(text.moved, text.sms_identifier)
    await deliver(await bench.nextRound())
  })

  it('delivers the others when the row of one is locked elsewhere', async () => {
    const { ids, envelopes } = await accepted(3)
    const { deliver, reported } = openDelivery(bench.db, [testOperator('a')])
    const [stuck, ...free] = ids as [string, string, string]
    const release = await holdRows(
      bench.db,
      sql`SELECT 1 FROM sms_status WHERE sms_identifier = ${identifierToBytes(stuck)}`,
    )
    const delivering = Promise.allSettled(envelopes.map(deliver))
    await eventually('the others are done', () => reported.settled.length === 4)
    await release()
    for (const id of free) assert.ok((await bench.rows(id)).every(({ status }) => status === 'done'))
    await delivering
    await bench.leaseIsOver(stuck)
    await deliver(envelopes[0]!)
    assert.deepEqual(await bench.outbox(), [])
  })

  it('shares them with another consumer: each recipient is sent by one of the two and ends once', async () => {
    const { ids, envelopes } = await accepted(12)
    const a = testOperator('a')
    const consumers = [openDelivery(bench.patient(), [a]), openDelivery(bench.patient(), [a])]
    const mine = [envelopes, envelopes.toReversed()]
    await Promise.all(consumers.flatMap(({ deliver }, at) => (mine[at] ?? []).map(deliver)))
    assert.equal(a.calls.flat().length, 24)
    assert.equal(new Set(a.calls.flat()).size, 24)
    assert.equal(consumers.flatMap(({ reported }) => reported.settled).length, 24)
    for (const id of ids)
      for (const row of await bench.rows(id))
        assert.deepEqual([row.status, row.possibleDuplicate], ['done', false])
    assert.deepEqual(await bench.outbox(), [])
  })

  it('makes as many calls of an envelope as the operator needs, never more of the class at once than it may', async () => {
    const CALLS_MAX = 3
    const BATCH_MAX = 4
    const ids = [await bench.accept({ count: 30 }), await bench.accept({ count: 9, text: 'other' })]
    const envelopes = [await bench.envelope()]
    let underWay = 0
    let most = 0
    const ends: (() => void)[] = []
    const a = testOperator(
      'a',
      async (batch) => {
        most = Math.max(most, ++underWay)
        await new Promise<void>((resolve) => ends.push(resolve))
        underWay--
        return accepts(batch)
      },
      { batchSizeMax: BATCH_MAX },
    )
    const { deliver } = openDelivery(bench.db, [a], { callsMax: CALLS_MAX })
    const delivering = Promise.all(envelopes.map(deliver))
    const callsWanted = Math.ceil(39 / BATCH_MAX)
    for (let call = 1; call <= callsWanted; call++) {
      await eventually(`call ${call}`, () => a.calls.length >= Math.min(call + CALLS_MAX - 1, callsWanted))
      ends.shift()?.()
    }
    await delivering
    assert.equal(most, CALLS_MAX)
    assert.deepEqual(
      a.calls.map(({ length }) => length),
      [4, 4, 4, 4, 4, 4, 4, 4, 4, 3],
    )
    for (const id of ids) assert.ok((await bench.rows(id)).every(({ status }) => status === 'done'))
    assert.deepEqual(await bench.outbox(), [])
  })

  it('looks at the lease when a call has its turn: one that waited too long is renewed first', async () => {
    const id = await bench.accept({ count: 2 })
    const { db, operations } = observed(bench.db)
    const slow = slowOperator('a', { batchSizeMax: 1 })
    const { deliver } = openDelivery(db, [slow], { callsMax: 1 })
    const real = performance.now.bind(performance)
    try {
      const delivering = deliver(await bench.envelope())
      await eventually('the first calls', () => slow.calls.length === 1)
      performance.now = () => real() + 6_000
      slow.answerWith(accepts)
      await delivering
    } finally {
      performance.now = real
    }
    assert.equal(operations.filter((name) => name === 'delivery.renew').length, 1)
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'done'))
  })

  it('calls a half-open operator once, and makes the other calls when that healed it', async () => {
    const id = await bench.accept({ count: 6 })
    const a = testOperator('a', accepts, { batchSizeMax: 2 })
    await a.halfOpenBreaker()
    await openDelivery(bench.db, [a]).deliver(await bench.envelope())
    assert.deepEqual(a.calls[0], [`${id}:1`], 'the probe goes alone')
    assert.deepEqual(a.calls.flat().toSorted(), references(id, 6))
    assert.ok((await bench.rows(id)).every(({ status }) => status === 'done'))
  })

  const references = (id: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${id}:${index + 1}`)
})
