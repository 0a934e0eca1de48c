import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import {
  createTariffsEvents,
  endTariff,
  insertTariff,
  keepTariffs,
  loadTariffs,
} from '../../src/tariffs/index.ts'
import type { NewTariff, TariffTable } from '../../src/tariffs/index.ts'
import { look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 }
const HOUR_MS = 3_600_000

describe('the tariffs of a process', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
  })
  beforeEach(() => emptyTables(db))
  after(() => stack.drop())

  const insert = (changes: Partial<NewTariff> = {}, max?: number) => {
    const tariff: NewTariff = {
      ...{ userId: null, type: null, destinationPrefix: '98', per: 'part', price: 5 },
      ...{ validFromMs: Date.now(), validUntilMs: null },
      ...changes,
    }
    return transact(db, 'test.insert_tariff', (tx) => insertTariff(tx, tariff, max))
  }
  const end = (id: number, atMs: number) => transact(db, 'test.end_tariff', (tx) => endTariff(tx, id, atMs))
  const idsOf = (table: TariffTable) =>
    [...(table.current().get(null)?.both?.byPrefix.get('98') ?? [])].map(({ id }) => id)

  it('are read as they were written, also one that begins later', async () => {
    const soon = { validFromMs: Date.now() + HOUR_MS, validUntilMs: Date.now() + 2 * HOUR_MS }
    const id = await insert({
      ...{ ...soon, userId: 7, type: 'express', per: 'message', price: 0 },
      ...{ charging: 'delivery', receiptWaitSeconds: 60 },
    })
    const found = (await loadTariffs(db)).current().get(7)?.express?.byPrefix.get('98')
    const expected = {
      userId: 7,
      type: 'express',
      destinationPrefix: '98',
      per: 'message',
      price: 0,
      refundMissed: false,
      ...{ charging: 'delivery', receiptWaitSeconds: 60 },
      ...soon,
    }
    assert.deepEqual(found, [{ ...expected, id }])
  })

  it('are read again after a change, and only then', async () => {
    const table = await loadTariffs(db)
    assert.equal(await table.refresh(), false)
    const id = await insert()
    assert.deepEqual(idsOf(table), [])
    assert.equal(await table.refresh(), true)
    assert.deepEqual(idsOf(table), [id])
    assert.equal(await table.refresh(), false)
    await end(id ?? 0, Date.now() + HOUR_MS)
    assert.equal(await table.refresh(), true)
    assert.equal(await table.refresh(), false)
  })

  it('are without those that ended, which count against no bound', async () => {
    const first = await insert({}, 2)
    const second = await insert({}, 2)
    assert.ok(first !== undefined && second !== undefined)
    assert.equal(await insert({}, 2), undefined)
    await look(
      db,
      sql`UPDATE tariffs SET valid_from = NOW(3) - INTERVAL 1 DAY, valid_until = NOW(3) - INTERVAL 1 HOUR WHERE id = ${first}`,
    )
    assert.deepEqual(idsOf(await loadTariffs(db)), [second])
    assert.ok((await insert({}, 2)) !== undefined)
  })

  it('stay as they are while the database cannot be reached, and follow it afterwards', async () => {
    const proxy = await openTcpProxy(stack.databaseUrl)
    const through = openDb({ url: proxy.url, ...CONNECTIONS })
    const log = memoryLog()
    try {
      const first = await insert()
      const table = await loadTariffs(through)
      proxy.refuse()
      proxy.cut()
      const loop = keepTariffs(table, createTariffsEvents(log.logger))
      try {
        await eventually('it is logged', () => log.text().includes('could not read the tariffs'))
        const second = await insert()
        assert.deepEqual(idsOf(table), [first])
        proxy.admit()
        await eventually('both are there', () => idsOf(table).length === 2)
        assert.deepEqual(idsOf(table), [second, first])
      } finally {
        await loop.close()
      }
    } finally {
      await closeDb(through)
      await proxy.close()
    }
  })

  it('are needed before a process prices anything', async () => {
    const broken = openDb({ url: 'mysql://chapar@127.0.0.1:1/chapar', ...CONNECTIONS })
    await assert.rejects(loadTariffs(broken), { name: 'Unavailable' })
    await closeDb(broken)
  })
})
