import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import {
  changeCustomer,
  createCustomer,
  createDemoClient,
  createKey,
  DEMO_KEY,
  endTariff,
  hasDemoKey,
  KEYS_MAX,
  listCustomers,
  listKeys,
  listTariffs,
  NO_LIMITS,
  readAdminLog,
  readCustomer,
  revokeKey,
  topUpRecorded,
} from '../../src/accounts/index.ts'
import { writeLastUse } from '../../src/accounts/access/lastUse.ts'
import { lookUpKey } from '../../src/accounts/access/lookUpKey.ts'
import { hashKey } from '../../src/accounts/keyText.ts'
import { audit } from '../../src/audit/index.ts'
import { closeDb, openDb, read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { readRevision } from '../../src/accounts/revision.ts'
import { KEY_MODES } from '../../src/primitives/access.ts'
import { TOPPED_UP_MAX } from '../../src/primitives/money.ts'
import { balanceOf, fund, look } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { loseCommit } from '../support/loseCommit.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { ACTOR, contextOf, newCustomer, newKey } from './arrangeAccounts.ts'

const CONNECTIONS = { maxOpenConns: 5, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }
const UNKNOWN_ID = '019bd5a0-6f11-7c52-8d3e-5b7a90c1e2f4'

describe('customers and their keys', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
  })
  beforeEach(() => emptyTables(db))
  after(() => stack.drop())

  const revision = () => read(db, 'test.revision', readRevision)
  const actions = async () => (await readAdminLog(db, { limit: 100 })).items.map(({ action }) => action)

  it('a customer gets a number of its own, which has no balance, and is read back', async () => {
    const first = await newCustomer(db, 'One')
    const second = await newCustomer(db, 'Two')
    assert.notEqual(first.userId, second.userId)
    assert.ok(first.userId >= 1_000_000_000 && Number.isSafeInteger(first.userId))
    assert.deepEqual(await readCustomer(db, first.publicId), first)
    assert.equal(await readCustomer(db, UNKNOWN_ID), undefined)
    assert.equal(await readCustomer(db, "' OR 1=1 -- "), undefined)
  })

  it('a customer takes over the number that an admin names, once', async () => {
    await fund(db, 7, 100)
    const customer = await newCustomer(db, 'Seven', 7)
    assert.equal(customer.userId, 7)
    const again = { name: 'Again', tier: 'free' as const, ...NO_LIMITS, userId: 7 }
    assert.deepEqual(await createCustomer(contextOf(db), again, ACTOR), { kind: 'customer_exists' })
    assert.deepEqual(await actions(), ['customer.create'])
  })

  it('a change sets what it names, and leaves the rest', async () => {
    const { publicId } = await newCustomer(db)
    const changed = await changeCustomer(contextOf(db), publicId, { tier: 'premium', partsBurst: 5 }, ACTOR)
    assert.deepEqual([changed?.name, changed?.tier, changed?.partsBurst], ['Example Ltd', 'premium', 5])
    const cleared = await changeCustomer(contextOf(db), publicId, { partsBurst: null }, ACTOR)
    assert.deepEqual([cleared?.tier, cleared?.partsBurst], ['premium', null])
    assert.equal(await changeCustomer(contextOf(db), UNKNOWN_ID, { name: 'x' }, ACTOR), undefined)
  })

  it('a list of senders is changed as a whole, and taken back', async () => {
    const { publicId, userId } = await newCustomer(db)
    const { text } = await newKey(db, userId)
    const senders = async () => (await lookUpKey(db, hashKey(text))).key?.access.customer?.allowedSenders
    assert.equal(await senders(), null)
    for (const allowedSenders of [['My Shop', '+989120000009'], ['a.b-c_d&e']]) {
      const changed = await changeCustomer(contextOf(db), publicId, { allowedSenders }, ACTOR)
      assert.deepEqual([changed?.allowedSenders, await senders()], [allowedSenders, allowedSenders])
    }
    await changeCustomer(contextOf(db), publicId, { name: 'Other' }, ACTOR)
    assert.deepEqual(await senders(), ['a.b-c_d&e'])
    await changeCustomer(contextOf(db), publicId, { allowedSenders: null }, ACTOR)
    assert.equal(await senders(), null)
  })

  it('a list goes on after its cursor, newest first', async () => {
    const made = []
    for (const name of ['a', 'b', 'c']) made.push(await newCustomer(db, name))
    const first = await listCustomers(db, { limit: 2 })
    assert.deepEqual(
      first.items.map(({ name }) => name),
      ['c', 'b'],
    )
    const second = await listCustomers(db, { limit: 2, before: first.nextBefore ?? '' })
    assert.deepEqual([second.items.map(({ name }) => name), second.nextBefore], [['a'], null])
  })

  it('a key is random, and the tables hold its hash and a hint alone', async () => {
    const { userId } = await newCustomer(db)
    const [one, two] = [await newKey(db, userId), await newKey(db, userId, { mode: 'test' })]
    assert.match(one.text, /^chapar_live_[\w-]{43}$/)
    assert.match(two.text, /^chapar_test_[\w-]{43}$/)
    assert.notEqual(one.text.slice(12), two.text.slice(12))
    assert.equal(one.key.hint, `chapar_live_...${one.text.slice(-4)}`)
    const dump = JSON.stringify([
      await look(db, sql`SELECT *, HEX(key_hash) AS hex FROM api_keys`),
      await look(db, sql`SELECT * FROM admin_log`),
    ])
    assert.ok(dump.includes(hashKey(one.text).toString('hex').toUpperCase()))
    for (const { text } of [one, two]) assert.ok(!dump.includes(text.slice(12, 30)))
  })

  it('a key is found by its text with what it may do, and not once it is revoked', async () => {
    const customer = await newCustomer(db)
    const expiresAt = new Date('2030-01-01T00:00:00Z')
    const { key, text } = await newKey(db, customer.userId, {
      ...{ scopes: ['read'], allowedSources: ['192.0.2.0/24'], expiresAt, mode: 'test' },
    })
    const { key: found, revision: at } = await lookUpKey(db, hashKey(text))
    assert.equal(at, await revision())
    assert.equal(found?.access.customer?.publicId, customer.publicId)
    assert.deepEqual(found?.access.key?.scopes, ['read'])
    assert.ok(found?.access.isTest && !found.access.isAdmin && !found.access.isOpen)
    assert.equal(found.expiresAtMs, expiresAt.getTime())
    assert.ok(found.isAllowedSource?.('192.0.2.9') && !found.isAllowedSource('192.0.3.9'))
    await revokeKey(contextOf(db), { userId: customer.userId, modes: KEY_MODES }, key.id, ACTOR)
    assert.equal((await lookUpKey(db, hashKey(text))).key, undefined)
  })

  it('several keys are valid at once, and each is revoked alone', async () => {
    const { userId } = await newCustomer(db)
    const [old, fresh] = [await newKey(db, userId), await newKey(db, userId)]
    await revokeKey(contextOf(db), { userId, modes: KEY_MODES }, old.key.id, ACTOR)
    assert.equal((await lookUpKey(db, hashKey(old.text))).key, undefined)
    assert.ok((await lookUpKey(db, hashKey(fresh.text))).key)
  })

  it("a key of another customer, or of a mode that is not the caller's, is as unknown as none", async () => {
    const [one, two] = [await newCustomer(db), await newCustomer(db)]
    const { key, text } = await newKey(db, one.userId)
    const before = await revision()
    for (const owner of [
      { userId: two.userId, modes: KEY_MODES },
      { userId: one.userId, modes: ['test'] as const },
    ]) {
      assert.equal(await revokeKey(contextOf(db), owner, key.id, ACTOR), false)
      assert.deepEqual((await listKeys(db, owner, { limit: 10 })).items, [])
    }
    assert.equal(await revokeKey(contextOf(db), { userId: one.userId, modes: KEY_MODES }, 'x', ACTOR), false)
    assert.ok((await lookUpKey(db, hashKey(text))).key)
    assert.equal(await revision(), before)
  })

  it('a customer has a bounded number of keys, of which revoked ones count for a day', async () => {
    const { userId } = await newCustomer(db)
    const keys = []
    for (let i = 0; i < KEYS_MAX; i++) keys.push(await newKey(db, userId))
    const request = { ...keys[0]!.key, name: 'one more' }
    assert.deepEqual(await createKey(contextOf(db), userId, request, ACTOR), { kind: 'too_many_keys' })
    await revokeKey(contextOf(db), { userId, modes: KEY_MODES }, keys[0]!.key.id, ACTOR)
    assert.deepEqual(await createKey(contextOf(db), userId, request, ACTOR), { kind: 'too_many_keys' })
    await look(db, sql`UPDATE api_keys SET created_at = created_at - INTERVAL 25 HOUR`)
    await newKey(db, userId)
  })

  it('a test key gives its customer a balance, and waits for none that is locked', async () => {
    const { userId } = await newCustomer(db)
    await newKey(db, userId, { mode: 'test' })
    assert.equal(await balanceOf(db, userId), 0)
    const release = await holdBalance(db, userId)
    try {
      await newKey(db, userId, { mode: 'test' })
    } finally {
      await release()
    }
    assert.equal((await listKeys(db, { userId, modes: KEY_MODES }, { limit: 10 })).items.length, 2)
  })

  it('each change raises the revision and is recorded once with who and when; a repeat is none', async () => {
    const start = await revision()
    const customer = await newCustomer(db)
    const owner = { userId: customer.userId, modes: KEY_MODES }
    const { key } = await newKey(db, customer.userId)
    await changeCustomer(contextOf(db), customer.publicId, { name: 'New' }, ACTOR)
    assert.ok(await revokeKey(contextOf(db), owner, key.id, 'key of the customer'))
    assert.ok(await revokeKey(contextOf(db), owner, key.id, ACTOR))
    assert.equal(await revision(), start + 4)
    const { items } = await readAdminLog(db, { limit: 10 })
    assert.deepEqual(
      items.map(({ actor, action, userId }) => [actor, action, userId]),
      [
        ['key of the customer', 'key.revoke', customer.userId],
        [ACTOR, 'customer.change', customer.userId],
        [ACTOR, 'key.create', customer.userId],
        [ACTOR, 'customer.create', customer.userId],
      ],
    )
    assert.deepEqual(items[1]?.details, { name: 'New' })
    assert.ok(items.every(({ createdAt }) => Math.abs(createdAt.getTime() - Date.now()) < 3_600_000))
    const rest = await readAdminLog(db, { limit: 10, before: items[2]?.id })
    assert.deepEqual(
      rest.items.map(({ action }) => action),
      ['customer.create'],
    )
  })

  it('a top-up goes through the ledger and is recorded with it, or neither is', async () => {
    const { userId } = await newCustomer(db)
    const add = (amount: number) =>
      topUpRecorded(contextOf(db), { userId, amount, description: 'invoice' }, ACTOR)
    assert.equal((await add(100)).kind, 'added')
    assert.equal((await add(TOPPED_UP_MAX)).kind, 'balance_limit')
    assert.equal(await balanceOf(db, userId), 100)
    assert.deepEqual(await actions(), ['customer.top_up', 'customer.create'])
    assert.deepEqual((await audit(db)).violations, [])
  })

  it('a repeated top-up is recorded once', async () => {
    const { userId } = await newCustomer(db)
    const keyed = {
      request: { userId, route: 'admin/top-up', isTest: false, key: 'k1', fingerprint: Buffer.alloc(32) },
      answerOf: () => ({ status: 200, body: Buffer.from('{}') }),
    }
    const add = () => topUpRecorded(contextOf(db), { userId, amount: 5, description: '', keyed }, ACTOR)
    assert.deepEqual([(await add()).kind, (await add()).kind], ['added', 'replayed'])
    assert.equal(await balanceOf(db, userId), 5)
    assert.deepEqual(await actions(), ['customer.top_up', 'customer.create'])
  })

  for (const part of ['request', 'answer'] as const)
    it(`a change whose COMMIT loses its ${part} is made once`, async () => {
      const proxy = await openTcpProxy(stack.databaseUrl)
      const through = openDb({ url: proxy.url, ...CONNECTIONS })
      try {
        const { userId } = await newCustomer(db)
        const lost = loseCommit(proxy, part)
        const { text } = await newKey(through, userId)
        assert.equal(lost.count(), 1)
        assert.ok((await lookUpKey(db, hashKey(text))).key)
        assert.deepEqual(await actions(), ['key.create', 'customer.create'])
      } finally {
        await closeDb(through)
        await proxy.close()
      }
    })

  it("a key's last use is written at most once a minute", async () => {
    const { userId } = await newCustomer(db)
    const [one, two] = [await newKey(db, userId), await newKey(db, userId)]
    const lastUses = async () => {
      const { items } = await listKeys(db, { userId, modes: KEY_MODES }, { limit: 10 })
      return new Map(items.map(({ id, lastUsedAt }) => [id, lastUsedAt?.getTime()]))
    }
    await writeLastUse(db, [one.key.id, UNKNOWN_ID])
    const first = (await lastUses()).get(one.key.id)
    assert.ok(first)
    assert.equal((await lastUses()).get(two.key.id), undefined)
    await look(db, sql`UPDATE api_keys SET last_used_at = NOW(3) - INTERVAL 59 SECOND`)
    const before = await lastUses()
    await writeLastUse(db, [one.key.id])
    assert.deepEqual(await lastUses(), before)
    await look(db, sql`UPDATE api_keys SET last_used_at = NOW(3) - INTERVAL 61 SECOND`)
    await writeLastUse(db, [one.key.id])
    assert.ok((await lastUses()).get(one.key.id)! > before.get(one.key.id)!)
  })

  it('the demo client has its key, 100,000 and its tariff, once, and a key that was revoked stays so', async () => {
    await createDemoClient(contextOf(db))
    await createDemoClient(contextOf(db), 7)
    assert.ok(await hasDemoKey(db))
    const { key } = await lookUpKey(db, hashKey(DEMO_KEY))
    const userId = key?.access.customer?.userId ?? 0
    assert.equal(DEMO_KEY, 'secret')
    assert.equal(await balanceOf(db, userId), 100_000)
    assert.equal((await listCustomers(db, { limit: 10 })).items.length, 1)
    const [tariff, ...others] = (await listTariffs(db, { limit: 10 }))?.items ?? []
    assert.deepEqual([tariff?.userId, tariff?.per, tariff?.price, others], [userId, 'part', 5, []])
    const owner = { userId, modes: KEY_MODES }
    await revokeKey(contextOf(db), owner, key?.access.key?.id ?? '', ACTOR)
    await endTariff(contextOf(db), { id: tariff?.id ?? 0, validUntilMs: undefined }, ACTOR)
    await createDemoClient(contextOf(db))
    assert.ok(!(await hasDemoKey(db)))
    assert.equal((await listTariffs(db, { limit: 10 }))?.items.length, 1)
  })

  it('a demo client that was created before there were tariffs gets its own', async () => {
    await createDemoClient(contextOf(db))
    await look(db, sql`DELETE FROM tariffs`)
    await createDemoClient(contextOf(db), 7)
    const { items = [] } = (await listTariffs(db, { limit: 10 })) ?? {}
    assert.deepEqual(
      items.map(({ per, price }) => [per, price]),
      [['part', 7]],
    )
    assert.equal((await listCustomers(db, { limit: 10 })).items.length, 1)
  })
})
