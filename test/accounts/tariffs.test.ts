import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { createTariff, endTariff, listTariffs, readAdminLog } from '../../src/accounts/index.ts'
import type { CustomerTariff, TariffValues } from '../../src/accounts/index.ts'
import { readRevision } from '../../src/accounts/revision.ts'
import { databaseNowMs, read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { loadTariffs, TARIFFS_MAX } from '../../src/tariffs/index.ts'
import { look } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { ACTOR, contextOf, newCustomer } from './arrangeAccounts.ts'

const UNKNOWN_ID = '019bd5a0-6f11-7c52-8d3e-5b7a90c1e2f4'
const HOUR_MS = 3_600_000

describe('tariffs that an admin manages', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
  })
  beforeEach(() => emptyTables(db))
  after(() => stack.drop())

  const create = (changes: Partial<TariffValues> = {}) =>
    createTariff(
      contextOf(db),
      {
        ...{ customer: null, type: null, destinationPrefix: '98', per: 'part', price: 5 },
        ...{ validFromMs: databaseNowMs(db) - HOUR_MS, validUntilMs: null },
        ...changes,
      },
      ACTOR,
    )
  const created = async (changes: Partial<TariffValues> = {}): Promise<CustomerTariff> => {
    const decision = await create(changes)
    assert.ok(decision.kind === 'created')
    return decision.tariff
  }
  const end = (id: number, validUntilMs?: number) => endTariff(contextOf(db), { id, validUntilMs }, ACTOR)
  const list = async (customer?: string) =>
    (await listTariffs(db, { customer, limit: 10 }))?.items.map(({ id }) => id)
  const log = async () =>
    (await readAdminLog(db, { limit: 10 })).items.filter(({ action }) => action.startsWith('tariff.'))

  it("are one customer's or all customers', and are listed newest first", async () => {
    const customer = await newCustomer(db)
    const own = await created({ customer: customer.publicId })
    const forAll = await created()
    assert.deepEqual([own.userId, own.customer], [customer.userId, customer.publicId])
    assert.deepEqual([forAll.userId, forAll.customer], [null, null])
    assert.deepEqual(await list(), [forAll.id, own.id])
    assert.deepEqual(await list(customer.publicId), [own.id])
    assert.equal(await listTariffs(db, { customer: UNKNOWN_ID, limit: 10 }), undefined)
    const page = await listTariffs(db, { limit: 1 })
    const next = await listTariffs(db, { limit: 1, before: page?.nextBefore ?? 0 })
    assert.deepEqual([next?.items, next?.nextBefore], [[own], null])
  })

  it('are recorded with who made and ended them, and every process reads them again, but no key', async () => {
    const tariffs = await loadTariffs(db)
    const keys = () => read(db, 'test.revision', readRevision)
    const before = await keys()
    const { id } = await created()
    assert.equal(await tariffs.refresh(), true)
    await end(id)
    assert.equal(await tariffs.refresh(), true)
    assert.equal(await keys(), before)
    const entries = await log()
    assert.deepEqual(
      entries.map(({ actor, action, userId, details }) => [actor, action, userId, details['id']]),
      [
        [ACTOR, 'tariff.end', null, id],
        [ACTOR, 'tariff.create', null, id],
      ],
    )
    assert.equal(entries[1]?.details['price'], 5)
  })

  it('end now or at a time, and an end is brought forward and never put back', async () => {
    const { id } = await created()
    const later = databaseNowMs(db) + 2 * HOUR_MS
    const first = await end(id, later)
    assert.ok(first.kind === 'ended' && first.tariff.validUntilMs === Math.floor(later))
    assert.deepEqual(await end(id, later + HOUR_MS), {
      kind: 'ends_earlier',
      validUntilMs: Math.floor(later),
    })
    const sooner = await end(id, later - HOUR_MS)
    assert.ok(sooner.kind === 'ended' && sooner.tariff.validUntilMs === Math.floor(later - HOUR_MS))
    const now = await end(id)
    assert.ok(now.kind === 'ended' && (now.tariff.validUntilMs ?? Infinity) <= databaseNowMs(db))
    assert.deepEqual(await end(id), now)
    assert.equal((await log()).length, 4)
  })

  it('never hold when they end before they begin', async () => {
    const validFromMs = Math.floor(databaseNowMs(db)) + HOUR_MS
    const { id } = await created({ validFromMs })
    assert.deepEqual(await end(id, validFromMs - 1), { kind: 'before_its_begin' })
    const ended = await end(id)
    assert.ok(ended.kind === 'ended' && ended.tariff.validUntilMs === validFromMs)
  })

  it('are refused for an unknown customer, and beyond their bound, which ended ones do not count for', async () => {
    assert.deepEqual(await create({ customer: UNKNOWN_ID }), { kind: 'customer_not_found' })
    assert.deepEqual(await end(1), { kind: 'tariff_not_found' })
    const first = await created()
    await look(
      db,
      sql`INSERT INTO tariffs (user_id, type, destination_prefix, valid_from, valid_until, per, price, created_at)
        WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100)
        SELECT NULL, NULL, a.n, NOW(3) - INTERVAL 1 DAY, NULL, 'part', 1, NOW(3)
        FROM numbers a, numbers b, (SELECT 1 AS c UNION SELECT 2 UNION SELECT 3) m LIMIT ${sql.lit(TARIFFS_MAX - 1)}`,
    )
    const before = await log()
    assert.deepEqual(await create(), { kind: 'too_many_tariffs' })
    assert.deepEqual(await log(), before)
    await look(
      db,
      sql`UPDATE tariffs SET valid_until = NOW(3) - INTERVAL 2 MINUTE WHERE id > ${first.id} LIMIT 1`,
    )
    await created()
  })
})
