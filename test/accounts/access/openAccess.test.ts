import assert from 'node:assert/strict'
import type { Request } from 'express'
import { openKeyCache } from '../../../src/accounts/access/keyCache.ts'
import { openAccess, pollRevision } from '../../../src/accounts/access/openAccess.ts'
import { createAccountsEvents, createDemoClient, DEMO_KEY, revokeKey } from '../../../src/accounts/index.ts'
import type { AccessGate } from '../../../src/accounts/index.ts'
import { perSecond } from '../../../src/limits/index.ts'
import { closeDb, openDb } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { createMetrics } from '../../../src/platform/telemetry/index.ts'
import { KEY_MODES } from '../../../src/primitives/access.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/memoryLog.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { ACTOR, contextOf, newCustomer, newKey } from '../arrangeAccounts.ts'

const CONNECTIONS = { maxOpenConns: 3, maxIdleConns: 1, connMaxLifetimeSeconds: 300 }

describe('what checks keys in a process', () => {
  let stack: Stack
  let db: Db
  let reads: string[]
  const gates: AccessGate[] = []
  before(async () => {
    stack = await freshStack()
    db = openDb({ url: stack.databaseUrl, ...CONNECTIONS }, (operation) => reads.push(operation))
  })
  beforeEach(() => (reads = []))
  afterEach(async () => void (await Promise.all(gates.splice(0).map((gate) => gate.close()))))
  after(async () => {
    await closeDb(db)
    await stack.drop()
  })

  async function gateOn(on: Db, servesDemoKey = true): Promise<(key: string) => Promise<number>> {
    const events = createAccountsEvents(memoryLog().logger, createMetrics({ withRuntime: false }).registry)
    const requestsLimit = perSecond(10_000)
    const settings = {
      trustedProxies: [],
      isOpen: false,
      servesTestKeys: false,
      servesDemoKey,
      requestsLimit,
    }
    const gate = await openAccess(on, settings, events)
    gates.push(gate)
    return async (key) => {
      const request = { headers: { 'x-api-key': key }, socket: { remoteAddress: '192.0.2.1' } }
      try {
        await gate.authorize(request as unknown as Request, { access: 'read' })
        return 200
      } catch (error) {
        return (error as { status: number }).status
      }
    }
  }

  it('lets a known key in without a query, and a revoked one nowhere any more', async () => {
    const { userId } = await newCustomer(stack.db)
    const { key, text } = await newKey(stack.db, userId)
    // Two processes: each has its own cache and its own poll.
    const [one, two] = [await gateOn(db), await gateOn(stack.db)]
    assert.deepEqual([await one(text), await two(text)], [200, 200])
    for (let i = 0; i < 50; i++) assert.equal(await one(text), 200)
    assert.equal(reads.filter((operation) => operation === 'accounts.look_up_key').length, 1)

    await revokeKey(contextOf(stack.db), { userId, modes: KEY_MODES }, key.id, ACTOR)
    for (const process of [one, two])
      await eventually('it refuses it', async () => (await process(text)) === 401)
    assert.deepEqual([await one(text), await two(text)], [401, 401])
  })

  it('confirms the revision by each poll, and only by one that is answered', async () => {
    const cache = openKeyCache()
    const log = memoryLog()
    const events = createAccountsEvents(log.logger, createMetrics({ withRuntime: false }).registry)
    const broken = openDb({ url: 'mysql://chapar@127.0.0.1:1/chapar', ...CONNECTIONS })
    await pollRevision(broken, cache, events)
    assert.ok(!cache.isConfirmed())
    assert.match(log.text(), /could not read the revision/)
    await closeDb(broken)

    await pollRevision(db, cache, events)
    assert.ok(cache.isConfirmed())
    const before = cache.revision()
    await newCustomer(stack.db)
    await pollRevision(db, cache, events)
    assert.equal(cache.revision(), before + 1)
  })

  it('takes the demo key only where nothing but this machine is served', async () => {
    await createDemoClient(contextOf(stack.db))
    assert.equal(await (await gateOn(db, true))(DEMO_KEY), 200)
    assert.equal(await (await gateOn(db, false))(DEMO_KEY), 401)
  })
})
