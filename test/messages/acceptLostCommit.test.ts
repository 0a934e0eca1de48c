import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import type { Decision } from '../../src/messages/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { balanceOf, countRows, fund, look, newIdOf, offer } from '../support/arrange.ts'
import { beforeLookUp, loseCommit } from '../support/loseCommit.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'

const kinds = (decisions: Decision[]) => decisions.map(({ kind }) => kind)

describe('accepting requests on a link that fails', () => {
  let stack: Stack
  let proxy: TcpProxy
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
    const sizes = { maxOpenConns: 4, maxIdleConns: 3, connMaxLifetimeSeconds: 300 }
    db = openDb({ url: proxy.url, ...sizes })
    await fund(stack.db, 1, 10)
  })
  afterEach(async () => {
    proxy.cut()
    await closeDb(db)
    await proxy.close()
    await stack.drop()
  })

  for (const part of ['request', 'answer'] as const) {
    it(`charges once and writes once when the ${part} of the COMMIT is lost`, async () => {
      const lost = loseCommit(proxy, part)
      const smsIdentifier = newIdOf(db)()
      const decisions = await offer(db, { userId: 1, to: 4, smsIdentifier }, { userId: 1, to: 7 })
      assert.deepEqual(decisions, [
        { kind: 'accepted', smsIdentifier, recipients: 4, cost: 4 },
        { kind: 'insufficient_balance', cost: 7, balance: 6 },
      ])
      assert.equal(lost.count(), 1)
      assert.equal(await balanceOf(stack.db, 1), 6)
      assert.deepEqual(await countRows(stack.db), {
        user_balances: 1,
        user_transactions: 2,
        sms_requests: 1,
        sms_status: 4,
        outbox_events: 1,
      })
      assert.deepEqual((await audit(stack.db)).violations, [])
    })
  }

  it('decides anew, by what is there now, when a COMMIT had no effect and others took the money meanwhile', async () => {
    loseCommit(proxy, 'request')
    beforeLookUp(proxy, () => offer(stack.db, { userId: 1, to: 8 }))
    const decisions = await offer(db, { userId: 1, to: 4 }, { userId: 1, to: 2 })
    assert.deepEqual(decisions[0], { kind: 'insufficient_balance', cost: 4, balance: 2 })
    assert.equal(decisions[1]?.kind, 'accepted')
    assert.equal(await balanceOf(stack.db, 1), 0)
  })

  it('keeps its decision when a COMMIT took effect, although others took the rest meanwhile', async () => {
    loseCommit(proxy, 'answer')
    beforeLookUp(proxy, () => offer(stack.db, { userId: 1, to: 6 }))
    assert.deepEqual(kinds(await offer(db, { userId: 1, to: 4 })), ['accepted'])
    assert.equal(await balanceOf(stack.db, 1), 0)
  })

  it('tells which outcome is unknown when it cannot find out, and what was not even tried', async () => {
    loseCommit(proxy, 'answer')
    beforeLookUp(proxy, () => look(stack.db, sql`RENAME TABLE sms_requests TO hidden_requests`))
    const smsIdentifier = newIdOf(db)()
    const offered = offer(db, { userId: 1, to: 4, smsIdentifier }, { userId: 1, to: 7 })
    const decisions = await offered.finally(() =>
      look(stack.db, sql`RENAME TABLE hidden_requests TO sms_requests`),
    )
    assert.deepEqual(decisions, [
      { kind: 'outcome_unknown', smsIdentifier },
      { kind: 'unavailable', retryAfterSeconds: 1 },
    ])
    // A query for the identifier finds it.
    assert.equal((await look(stack.db, sql`SELECT 1 FROM sms_requests`)).length, 1)
  })

  it('tells a repeat in the same transaction that its outcome is unknown as well', async () => {
    loseCommit(proxy, 'answer')
    beforeLookUp(proxy, () => look(stack.db, sql`RENAME TABLE sms_requests TO hidden_requests`))
    const smsIdentifier = newIdOf(db)()
    const keyed = {
      request: {
        ...{ userId: 1, route: 'messages', isTest: false, key: 'k1' },
        fingerprint: Buffer.alloc(32),
      },
      answerOf: () => ({ status: 202, body: Buffer.from('{}') }),
    }
    const offered = offer(db, { userId: 1, to: 4, smsIdentifier, keyed }, { userId: 1, to: 4, keyed })
    const decisions = await offered.finally(() =>
      look(stack.db, sql`RENAME TABLE hidden_requests TO sms_requests`),
    )
    assert.deepEqual(decisions, [
      { kind: 'outcome_unknown', smsIdentifier },
      { kind: 'outcome_unknown', smsIdentifier },
    ])
  })

  it('needs no look-up when everything was refused: nothing would be there', async () => {
    loseCommit(proxy, 'answer')
    assert.deepEqual(kinds(await offer(db, { userId: 1, to: 11 })), ['insufficient_balance'])
    assert.equal(await balanceOf(stack.db, 1), 10)
  })

  it('changed nothing, and says so, when the link was cut before the COMMIT', async () => {
    for (const statement of [
      'INSERT INTO sms_requests',
      'INSERT INTO sms_status',
      'INSERT INTO outbox_events',
    ]) {
      const forget = proxy.onBytes((bytes, direction, link) => {
        if (direction === 'toServer' && bytes.includes(statement)) link.cut()
      })
      const before = await countRows(stack.db)
      await assert.rejects(offer(db, { userId: 1, to: 4 }), Unavailable, statement)
      forget()
      assert.deepEqual(await countRows(stack.db), before, statement)
      assert.equal(await balanceOf(stack.db, 1), 10)
    }
  })
})
