import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { cancel } from '../../src/delivery/index.ts'
import { accept, priceRequest } from '../../src/messages/index.ts'
import type { Price } from '../../src/messages/index.ts'
import { databaseNowMs, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { endTariff, insertTariff, loadTariffs } from '../../src/tariffs/index.ts'
import type { NewTariff, TariffTable } from '../../src/tariffs/index.ts'
import { acceptContextOf, balanceOf, fund, look, newIdOf, PRICES } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const USER = 7
const IRAN = '+989120000001'
const USA = '+14155550100'
const HOUR_MS = 3_600_000

describe('a message under tariffs', () => {
  let stack: Stack
  let db: Db
  let tariffs: TariffTable
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, USER, 1_000)
    tariffs = await loadTariffs(db)
  })
  afterEach(async () => {
    assert.deepEqual((await audit(db)).violations, [])
    await stack.drop()
  })

  const insert = async (changes: Partial<NewTariff> = {}): Promise<number> => {
    const tariff: NewTariff = {
      ...{ userId: null, type: null, destinationPrefix: '', per: 'message', price: 10 },
      ...{ validFromMs: databaseNowMs(db) - HOUR_MS, validUntilMs: null },
      ...changes,
    }
    const id = await transact(db, 'test.insert_tariff', (tx) => insertTariff(tx, tariff))
    await tariffs.refresh()
    return id ?? 0
  }
  const price: Price = (query) =>
    priceRequest({ tariffs: tariffs.current(), prices: PRICES }, { ...query, atMs: databaseNowMs(db) })

  /** @returns the message's identifier, its cost, and the price and tariff of each row. */
  async function send(recipients: string[], parts = 1) {
    const smsIdentifier = newIdOf(db)()
    const request = { userId: USER, text: 'hi', type: 'normal' as const, recipients, parts, smsIdentifier }
    const [decision] = await accept(db, [request], { ...acceptContextOf(db), price })
    assert.ok(decision?.kind === 'accepted')
    const rows = await look(
      db,
      sql<{ price: number; tariff_id: number }>`SELECT price, tariff_id FROM sms_status
        WHERE sms_identifier = UNHEX(${smsIdentifier.replaceAll('-', '')}) ORDER BY recipient_no`,
    )
    return { smsIdentifier, cost: decision.cost, rows: rows.map((row) => [row.price, row.tariff_id]) }
  }

  it("is charged by the longest prefix and by the customer's own before all, and keeps price and rule", async () => {
    const all = await insert({ destinationPrefix: '98', price: 11 })
    const longer = await insert({ destinationPrefix: '98912', price: 12 })
    assert.deepEqual((await send([IRAN, '+989350000001', USA])).rows, [
      [12, longer],
      [11, all],
      [1, 0],
    ])
    const own = await insert({ userId: USER, per: 'part', price: 5 })
    await insert({ userId: USER + 1, price: 99 })
    const { cost, rows } = await send([IRAN], 3)
    assert.deepEqual([cost, rows], [15, [[15, own]]])
    assert.equal(await balanceOf(db, USER), 1_000 - 24 - 15)
  })

  it('holds from its begin to its end, by the clock of the database', async () => {
    const nowMs = databaseNowMs(db)
    await insert({ price: 21, validFromMs: nowMs + HOUR_MS })
    await insert({ price: 22, validFromMs: nowMs - 2 * HOUR_MS, validUntilMs: nowMs - 10 })
    const now = await insert({ price: 23, validFromMs: nowMs - 10, validUntilMs: nowMs + HOUR_MS })
    assert.deepEqual((await send([IRAN])).rows, [[23, now]])
    await transact(db, 'test.end_tariff', (tx) => endTariff(tx, now, databaseNowMs(db) - 1))
    await tariffs.refresh()
    assert.deepEqual((await send([IRAN])).rows, [[1, 0]])
  })

  it('is refunded the price of each recipient, although its tariff has ended and another one holds', async () => {
    const iran = await insert({ destinationPrefix: '98', price: 7 })
    const usa = await insert({ destinationPrefix: '1', per: 'part', price: 4 })
    const { smsIdentifier, cost, rows } = await send([IRAN, USA], 2)
    assert.deepEqual([cost, rows], [15, [[7, iran], [8, usa]]]) // prettier-ignore
    for (const id of [iran, usa]) await transact(db, 'test.end', (tx) => endTariff(tx, id, databaseNowMs(db)))
    await insert({ price: 100 })
    const cancelled = await cancel({ db }, { userId: USER, smsIdentifier })
    assert.equal(cancelled?.refunded, 15)
    const refunds = await look(
      db,
      sql<{ amount: number }>`SELECT amount FROM user_transactions WHERE transaction_type = 'refund'
        ORDER BY recipient_no`,
    )
    assert.deepEqual(
      refunds.map(({ amount }) => amount),
      [7, 8],
    )
    assert.equal(await balanceOf(db, USER), 1_000)
  })

  it('can be free, and then needs a balance row and no money', async () => {
    const free = await insert({ userId: USER, price: 0 })
    const { cost, rows } = await send([IRAN, USA])
    assert.deepEqual([cost, rows], [0, [[0, free], [0, free]]]) // prettier-ignore
    assert.equal(await balanceOf(db, USER), 1_000)
  })
})
