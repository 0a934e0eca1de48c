import assert from 'node:assert/strict'
import { openBulks, openShards } from '../../../src/messages/index.ts'
import type { BulkRequest } from '../../../src/messages/bulk/types.ts'
import { explainRefusal } from '../../../src/messages/routes/bulk/refuseBulk.ts'
import { openKeysInUse } from '../../../src/platform/keysInUse.ts'
import { closeDb, openDb } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { acceptContextOf, balanceOf, fund } from '../../support/arrange.ts'
import { eventually } from '../../support/eventually.ts'
import { holdBalance } from '../../support/holdBalance.ts'
import { WAITS_WITHOUT_END } from '../../support/lockWaits.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { bulkOf, codesOf, messages } from './bulkBench.ts'

const [X, Y] = [90, 91]

describe('the bulks of a process', () => {
  let stack: Stack
  let db: Db
  let counted: string[]
  let woken: string[]
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    counted = []
    woken = []
    for (const userId of [X, Y]) await fund(db, userId, 1_000)
  })
  afterEach(() => stack.drop())

  function open(db: Db = stack.db) {
    const customers = openKeysInUse<number>()
    const events = {
      batchDecided: () => {},
      decided: ({ type, decision }: { type: string; decision: string }) =>
        counted.push(`${type} ${decision}`),
    }
    const ofAccept = { db, ...acceptContextOf(db), events }
    const accept = openBulks({
      ...ofAccept,
      customers,
      onAccepted: (type) => woken.push(type),
      checkBacklog: () => undefined,
    })
    return {
      customers,
      offer: (bulk: BulkRequest, isGone = () => false) => accept(bulk, explainRefusal, isGone),
      acceptOne: openShards({
        ...ofAccept,
        shards: 1,
        batchSizeMax: 2_000,
        hasBulk: (userId) => customers.has(userId),
      }),
    }
  }

  it('count each message that was decided, and wake the relay for its class', async () => {
    const invalid = { to: '+989120000001', text: '' }
    const list = [...messages(2), invalid, ...messages(1, { type: 'express', max_price: 1 })]
    await open().offer(bulkOf(list, { userId: X }))
    assert.deepEqual(counted, ['normal accepted', 'normal accepted', 'express price_exceeded'])
    assert.deepEqual(woken, ['normal'])
  })

  it('are accepted one after the other for a customer, equal ones as one', async () => {
    const { offer } = open()
    const all = await Promise.all(
      Array.from({ length: 20 }, () => offer(bulkOf(messages(501), { userId: X, key: 'k1' }))),
    )
    const answers = all.map((each) =>
      each.kind === 'decided' ? JSON.stringify([each.bulkId, each.outcomes]) : each.kind,
    )
    assert.equal(new Set(answers).size, 1)
    assert.equal(await balanceOf(db, X), 499)
  })

  it('do not wait for one whose balance is locked, nor do other requests of the process', async () => {
    const proxy = await openTcpProxy(stack.databaseUrl)
    const sizes = { maxOpenConns: 8, maxIdleConns: 8, connMaxLifetimeSeconds: 300 }
    const proxied = openDb({ url: proxy.url, ...sizes, sessionStatements: WAITS_WITHOUT_END })
    const { offer, acceptOne, customers } = open(proxied)
    const release = await holdBalance(db, X)
    const waiting = offer(bulkOf(messages(2), { userId: X }))
    await eventually('it is being accepted', () => customers.has(X))
    const one = (userId: number) =>
      acceptOne({ userId, text: 'hi', type: 'normal', recipients: ['+989120000001'] })
    const [ofX, ofY] = [one(X), one(Y)]
    assert.equal((await ofY).kind, 'accepted')
    const other = await offer(bulkOf(messages(2), { userId: Y }))
    assert.ok(other.kind === 'decided')
    assert.ok(customers.has(X), 'the first one still waits')
    await release()
    const decided = await waiting
    assert.ok(decided.kind === 'decided')
    assert.deepEqual(codesOf(decided), { accepted: 2 })
    assert.equal((await ofX).kind, 'accepted')
    assert.equal(customers.has(X), false)
    await closeDb(proxied)
    await proxy.close()
  })

  it('are not begun for a client that has gone, and charge it nothing', async () => {
    const { offer } = open()
    const first = offer(bulkOf(messages(1), { userId: X }))
    const gone = offer(bulkOf(messages(1), { userId: X }), () => true)
    await assert.rejects(gone, (error) => error instanceof Unavailable && error.code === 'overloaded')
    await first
    assert.equal(await balanceOf(db, X), 999)
  })
})
