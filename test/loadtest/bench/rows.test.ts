import assert from 'node:assert/strict'
import { audit } from '../../../src/audit/index.ts'
import { claim } from '../../../src/outbox/claim.ts'
import { readHistory } from '../../../src/messages/index.ts'
import { chooseTariff, loadTariffs, selectTariffs } from '../../../src/tariffs/index.ts'
import { NUMBER_BASE } from '../../../loadtest/generator/requests.ts'
import { startLife } from '../../../loadtest/bench/baselines/lifeInMysql.ts'
import { drain } from '../../../loadtest/bench/measure/drain.ts'
import {
  readCounts,
  readHandOver,
  readTimeline,
  sumThrough,
} from '../../../loadtest/bench/measure/figures.ts'
import { seedCustomers } from '../../../loadtest/bench/stage/customers.ts'
import { openDatabase } from '../../../loadtest/bench/stage/database.ts'
import type { Database } from '../../../loadtest/bench/stage/database.ts'
import { fillRollups } from '../../../loadtest/bench/stage/fillRollups.ts'
import { insertMessages, makeReady } from '../../../loadtest/bench/stage/messages.ts'
import { withoutSecondaryKeys } from '../../../loadtest/bench/stage/secondaryKeys.ts'
import { seedTariffs } from '../../../loadtest/bench/stage/tariffs.ts'
import { BALANCE } from '../../../loadtest/bench/stage/withCrew.ts'
import { newIdOf } from '../../support/arrange.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

describe('the rows that the benchmark writes itself', () => {
  let stack: Stack
  let database: Database
  beforeEach(async () => {
    stack = await freshStack()
    database = await openDatabase(stack.databaseUrl)
    await seedCustomers(database, 12, BALANCE)
  })
  afterEach(async () => {
    await database.close()
    await stack.drop()
  })

  const time = { fromEpochMs: Date.UTC(2026, 0, 1), overMs: 60_000 }
  const insert = (
    customers: { customerFirst: number; customers: number; perCustomer: number },
    state: 'waiting' | 'done',
  ) => insertMessages(database, { ...time, ...customers, state })
  const keys = () =>
    database.rows(
      `SELECT table_name AS t, index_name AS i, column_name AS c, seq_in_index AS n FROM information_schema.statistics
       WHERE table_schema = DATABASE() ORDER BY 1, 2, 4`,
    )

  it('are as the engine writes them: the audit finds nothing, of customers that sent much, little and nothing', async () => {
    const before = await keys()
    await withoutSecondaryKeys(database, async () => {
      await insert({ customerFirst: 1, customers: 1, perCustomer: 130 }, 'done')
      await insert({ customerFirst: 2, customers: 10, perCustomer: 7 }, 'waiting')
    })
    assert.deepEqual(await keys(), before)
    const { ledgerRows, recipients, outboxRows, violations } = await audit(stack.db)
    assert.deepEqual([ledgerRows, recipients, outboxRows, violations], [12 + 200, 200, 70, []])
  })

  it('are the customers’ own, and in the order of their time', async () => {
    await insert({ customerFirst: 1, customers: 1, perCustomer: 30 }, 'done')
    await insert({ customerFirst: 2, customers: 2, perCustomer: 5 }, 'done')
    const { items } = await readHistory(stack.db, { userId: 1, limit: 100 })
    const times = items.map(({ createdAt }) => createdAt.getTime())
    assert.equal(items.length, 30)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    )
    assert.equal((await readHistory(stack.db, { userId: 3, limit: 100 })).items.length, 5)
  })

  it('wait until they are made ready, and are then claimed as any others', async () => {
    await insert({ customerFirst: 1, customers: 4, perCustomer: 25 }, 'waiting')
    assert.equal(await drain(database, 0), true, 'scheduled messages are not waited for')
    assert.equal(await claim(stack.db, 'normal', 1, newIdOf(stack.db)), undefined)
    await makeReady(database)
    const claimed = await claim(stack.db, 'normal', 1, newIdOf(stack.db))
    assert.equal(claimed?.envelopes[0]?.ranges.length, 100)
    assert.deepEqual(claimed?.unreadable, [])
    assert.deepEqual((await audit(stack.db)).violations, [])
  })

  it('price the numbers of a load by a tariff of each customer’s own, and as without tariffs', async () => {
    await seedTariffs(database, 12)
    const index = (await loadTariffs(stack.db)).current()
    assert.equal(index.get(null)?.both?.byPrefix.size, 1_000)
    const prices = { normal: 1, express: 3 }
    for (const userId of [1, 12]) {
      const list = selectTariffs(index, { userId, type: 'normal', atMs: Date.now() }, prices)
      const { id, per, price } = chooseTariff(list, `+${NUMBER_BASE}`)
      assert.deepEqual([id === list.fallback.id, per, price], [false, 'part', 1])
    }
  })

  it('are rollups of which each level comes to the same, costs included', async () => {
    const countries = [{ country: 'IR', share: 1, operators: ['operator-a'] }]
    await fillRollups(database, [{ userId: 1, messagesPerDay: 2_000, countries }], 1, () => {})
    const sums = await Promise.all(
      ['report_minutes', 'report_quarters', 'report_days'].map((table) =>
        database.rows<Record<string, string>>(
          `SELECT user_id, SUM(messages) AS messages, SUM(charged) AS charged, SUM(handovers) AS handovers,
             SUM(cost) AS cost, SUM(costed) AS costed FROM ${table} GROUP BY user_id ORDER BY user_id`,
        ),
      ),
    )
    assert.equal(sums[0]?.length, 2)
    assert.deepEqual(sums[1], sums[0])
    assert.deepEqual(sums[2], sums[0])
    assert.ok(sums[0].every(({ cost, handovers }) => Number(cost) > 0 && cost === handovers))
  })
})

describe('the figures that the tables give', () => {
  let stack: Stack
  let database: Database
  beforeEach(async () => {
    stack = await freshStack()
    database = await openDatabase(stack.databaseUrl)
    await seedCustomers(database, 2, BALANCE)
  })
  afterEach(async () => {
    await database.close()
    await stack.drop()
  })

  const startEpochMs = Date.UTC(2026, 0, 1)
  const window = { startEpochMs, durationMs: 2_000 }

  it('count by second, by result, and by the time between', async () => {
    // A message each second from 2 seconds before the start on; ended 30 ms later, the last one not at all.
    await insertMessages(database, {
      ...{
        customerFirst: 1,
        customers: 1,
        perCustomer: 6,
        state: 'done',
        fromEpochMs: startEpochMs - 2_000,
        overMs: 6_000,
      },
    })
    await database.run('UPDATE sms_status SET updated_at = created_at + INTERVAL 30000 MICROSECOND')
    await database.run(`UPDATE sms_status SET status = 'pending' WHERE created_at >= ?`, [
      '2026-01-01 00:00:03',
    ])
    await database.run(`UPDATE sms_requests SET type = 'express' WHERE created_at = ?`, [
      '2026-01-01 00:00:01',
    ])

    const { accepted, ended } = await readTimeline(database, window)
    const each = (counts: Map<number, number>) => [...counts].sort(([a], [b]) => a - b)
    assert.deepEqual(
      each(accepted),
      [-2, -1, 0, 1, 2, 3].map((second) => [second, 1]),
    )
    assert.deepEqual(
      each(ended),
      [-2, -1, 0, 1, 2].map((second) => [second, 1]),
    )
    assert.equal(sumThrough(accepted, 3) - sumThrough(ended, 3), 1)

    assert.deepEqual(await readCounts(database, window), {
      ...{ accepted: 2, done: 2, failed: 0, unfinished: 0, acceptedPerSecond: 1, donePerSecond: 1 },
    })
    const one = { count: 1, p50Ms: 30, p95Ms: 30, p99Ms: 30, maxMs: 30 }
    assert.deepEqual(await readHandOver(database, window), { normal: one, express: one })
    assert.deepEqual(await readHandOver(database, { ...window, startEpochMs: 0 }), {})
  })
})

describe('the life of messages in the database alone', () => {
  it('takes all that it accepted to its end, and the audit finds nothing', async () => {
    const stack = await freshStack()
    const database = await openDatabase(stack.databaseUrl)
    try {
      await seedCustomers(database, 5_000, BALANCE)
      const newId = newIdOf(stack.db)
      for (const recipientsPerRequest of [1, 100]) {
        const life = startLife({ db: stack.db, newId, batchSize: 200, recipientsPerRequest, workers: 2 })
        await eventually('some came to their end', () => Promise.resolve(life.ended() >= 400))
        await life.stop()
      }
      assert.equal(await drain(database, 0), true)
      const { violations, recipients } = await audit(stack.db)
      assert.deepEqual(violations, [])
      assert.ok(recipients >= 800)
      const open = await database.rows(`SELECT 1 FROM sms_status WHERE status <> 'done' LIMIT 1`)
      assert.deepEqual(open, [])
    } finally {
      await database.close()
      await stack.drop()
    }
  })
})
