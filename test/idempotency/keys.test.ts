import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import {
  decideKey,
  findKeys,
  insertKeys,
  keepRemovingExpired,
  removeExpired,
} from '../../src/idempotency/index.ts'
import type { KeyDecision, KeyedRequest, NewKey } from '../../src/idempotency/index.ts'
import { lockAccounts } from '../../src/ledger/index.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { Registry } from '../../src/platform/telemetry/index.ts'
import { fund, look, newIdOf } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { explain } from '../support/explain.ts'
import { manualTimers } from '../support/manualTimers.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'

const ROUTE = 'POST /v1/messages'
const SAME = Buffer.alloc(32, 1)
const OTHER = Buffer.alloc(32, 2)
const DAY_MS = 86_400_000

describe('the stored idempotency keys', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  beforeEach(() => emptyTables(stack.db))
  after(() => stack.drop())

  const request = (other: Partial<KeyedRequest> = {}): KeyedRequest => ({
    userId: 1,
    route: ROUTE,
    isTest: false,
    key: 'k1',
    fingerprint: SAME,
    ...other,
  })
  const newKey = (other: Partial<NewKey> = {}): NewKey => ({
    ...request(),
    identifier: newIdOf(stack.db)(),
    status: 202,
    body: Buffer.from('{"cost":1}'),
    ...other,
  })
  const insert = (...keys: NewKey[]) => transact(stack.db, 'test.insert', (tx) => insertKeys(tx, keys))
  const find = (...requests: KeyedRequest[]) =>
    transact(stack.db, 'test.find', (tx) => findKeys(tx, requests))
  const decideAll = async (...requests: KeyedRequest[]) => {
    const known = await find(...requests)
    return requests.map((each) => decideKey(known, each))
  }
  const keysLeft = async () =>
    (
      await look(stack.db, sql<{ k: string }>`SELECT idempotency_key AS k FROM idempotency_keys ORDER BY k`)
    ).map(({ k }) => k)
  const expire = (...keys: string[]) =>
    look(
      stack.db,
      sql`UPDATE idempotency_keys SET kept_until = NOW(3) - INTERVAL 1 SECOND WHERE idempotency_key IN (${sql.join(keys)})`,
    )

  it('give the first answer again, byte for byte', async () => {
    // Every byte, and what a character set would alter.
    const body = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
      Buffer.from('می‌خواهم'),
    ])
    const first = newKey({ body, status: 207 })
    await insert(first)
    const { identifier } = first
    assert.deepEqual(await decideAll(request()), [
      { kind: 'replay', answer: { identifier, status: 207, body } },
    ])
  })

  it('tell another request by its fingerprint, also beside the same one in one batch', async () => {
    await insert(newKey())
    const kinds = async (...requests: KeyedRequest[]) =>
      (await decideAll(...requests)).map(({ kind }) => kind)
    const other = request({ fingerprint: OTHER })
    assert.deepEqual(await kinds(other), ['reused'])
    assert.deepEqual(await kinds(other, request(), other), ['reused', 'replay', 'reused'])
  })

  it('are compared by their bytes, and scoped to customer, route, live or test', async () => {
    await insert(newKey())
    const others = [
      request({ key: 'K1' }),
      request({ key: 'k' }),
      request({ userId: 2 }),
      request({ route: 'POST /v1/messages/bulk' }),
      request({ isTest: true }),
    ]
    assert.deepEqual(
      (await decideAll(...others)).map(({ kind }) => kind),
      others.map(() => 'new'),
    )
    await insert(...others.map((each) => newKey(each)))
    assert.equal((await find(request(), ...others)).size, 6)
  })

  it('may be 255 characters of any visible ASCII', async () => {
    const visible = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join('')
    const key = visible.repeat(3).slice(0, 255)
    await insert(newKey({ key }))
    assert.deepEqual(
      (await decideAll(request({ key }))).map(({ kind }) => kind),
      ['replay'],
    )
  })

  it('are inserted and found in batches, with large answers among them', async () => {
    const keys = Array.from({ length: 600 }, (_, i) =>
      newKey({
        key: `k${i}`,
        userId: i % 7,
        body: i % 200 === 0 ? randomBytes(3_000_000) : Buffer.from(String(i)),
      }),
    )
    await insert(...keys)
    const known = await find(...keys)
    assert.equal(known.size, 600)
    for (const [index, decision] of keys.map((key) => decideKey(known, key)).entries()) {
      assert.ok(decision.kind === 'replay')
      assert.ok(decision.answer.body.equals(keys[index]?.body ?? Buffer.of()), `answer ${index}`)
    }
    assert.equal((await find()).size, 0)
  })

  it('read no answer for another request, so that a small one loads nothing large', async () => {
    await insert(newKey({ body: Buffer.alloc(1_000_000) }))
    const [known] = (await find(request({ fingerprint: OTHER }))).values()
    // Not the answer itself: the difference of a megabyte takes minutes to print.
    assert.deepEqual([known?.fingerprint, known?.answer?.body.length], [SAME, undefined])
  })

  it('cannot be inserted twice: the primary key stands behind the look-up', async () => {
    await insert(newKey())
    await assert.rejects(insert(newKey({ fingerprint: OTHER })), { errno: 1062 })
    assert.equal((await keysLeft()).length, 1)
  })

  it('make one of 20 requests at once the first, and the others its replays', async () => {
    await fund(stack.db, 1, 100)
    const decisions = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        transact(stack.db, 'test.accept', async (tx): Promise<KeyDecision & { no: number }> => {
          await lockAccounts(tx, [1])
          const decision = decideKey(await findKeys(tx, [request()]), request())
          if (decision.kind === 'new') await insertKeys(tx, [newKey({ body: Buffer.from(`answer ${i}`) })])
          return { ...decision, no: i }
        }),
      ),
    )
    const [first, ...more] = decisions.filter(({ kind }) => kind === 'new')
    assert.ok(first && more.length === 0)
    for (const each of decisions)
      if (each !== first)
        assert.equal(each.kind === 'replay' && each.answer.body.toString(), `answer ${first.no}`)
  })

  it('leave nothing behind when their transaction rolls back', async () => {
    const failing = transact(stack.db, 'test.fail', async (tx) => {
      await insertKeys(tx, [newKey()])
      throw new Error('the charge failed')
    })
    await assert.rejects(failing, /the charge failed/)
    assert.deepEqual(await decideAll(request()), [{ kind: 'new' }])
  })

  it('are kept for 24 hours, those of scheduled messages for 24 hours after their time', async () => {
    const sendAtMs = Date.parse('2126-11-29T06:00:00.250Z')
    await insert(newKey({ key: 'now' }), newKey({ key: 'scheduled', sendAtMs }))
    const rows = await look(
      stack.db,
      sql<{ k: string; kept_ms: number; until_ms: string }>`SELECT idempotency_key AS k,
        TIMESTAMPDIFF(MICROSECOND, created_at, kept_until) / 1000 AS kept_ms,
        TIMESTAMPDIFF(MICROSECOND, '1970-01-01', kept_until) / 1000 AS until_ms FROM idempotency_keys ORDER BY k`,
    )
    assert.equal(Number(rows[0]?.kept_ms), DAY_MS)
    assert.equal(Number(rows[1]?.until_ms), sendAtMs + DAY_MS)
  })

  it('are removed in batches when their time is over, and not before', async () => {
    await insert(...['a', 'b', 'c', 'd'].map((key) => newKey({ key })))
    await expire('a', 'b', 'd')
    assert.equal(await removeExpired(stack.db, 2), 2)
    assert.equal((await keysLeft()).length, 2)
    assert.equal(await removeExpired(stack.db, 2), 1)
    assert.equal(await removeExpired(stack.db, 2), 0)
    assert.deepEqual(await keysLeft(), ['c'])
  })

  it('are removed by a loop, which goes on at once while there is more than a batch', async () => {
    const registry = new Registry()
    const timers = manualTimers()
    await insert(...Array.from({ length: 501 }, (_, i) => newKey({ key: `k${i}` })), newKey({ key: 'kept' }))
    await look(
      stack.db,
      sql`UPDATE idempotency_keys SET kept_until = NOW(3) - INTERVAL 1 DAY WHERE idempotency_key <> 'kept'`,
    )
    const loop = keepRemovingExpired({
      db: stack.db,
      logger: memoryLog().logger,
      registry,
      after: timers.after,
    })
    // Idle only after the batch that was not full.
    await eventually('the loop is idle', () => timers.waits().length === 1)
    await loop.close()
    assert.deepEqual(await keysLeft(), ['kept'])
    assert.match(await registry.metrics(), /^chapar_idempotency_keys_removed_total 501$/m)
  })

  it('are found and removed through their indexes, however many there are', async () => {
    await insert(...Array.from({ length: 1_000 }, (_, i) => newKey({ key: `k${i}`, userId: i % 10 })))
    const statements = await statementsOf(async (db) => {
      const two = [request({ key: 'k10', userId: 0 }), request({ key: 'k21', userId: 1 })]
      await transact(db, 'test.find', (tx) => findKeys(tx, two))
      await removeExpired(db)
    })
    assert.equal(statements.length, 2, statements.join('\n'))
    const [select = '', remove = ''] = statements
    const found = (await explain(stack.db, sql.raw(select))).find(({ table }) => table === 'k')
    assert.deepEqual([found?.type, found?.key, Number(found?.rows)], ['eq_ref', 'PRIMARY', 1])
    const removed = (await explain(stack.db, sql.raw(remove))).at(-1)
    assert.deepEqual([removed?.type, removed?.key], ['range', 'idx_idempotency_keys_kept_until'])
  })
  /** The statements on the keys that some work sends, as the server gets them. */
  async function statementsOf(work: (db: Db) => Promise<unknown>): Promise<string[]> {
    const proxy = await openTcpProxy(stack.databaseUrl)
    const db = openDb({ url: proxy.url, maxOpenConns: 1, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
    const statements: string[] = []
    proxy.onBytes((bytes, direction) => {
      const text = bytes.toString('latin1')
      const start = text.search(/(?:SELECT|DELETE) /)
      if (direction === 'toServer' && start >= 0 && text.includes('idempotency_keys'))
        statements.push(text.slice(start).trim())
    })
    await work(db)
    await closeDb(db)
    await proxy.close()
    return statements
  }
})
