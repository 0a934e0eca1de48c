import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { claim } from '../../src/outbox/claim.ts'
import { lookUp } from '../../src/outbox/lookUp.ts'
import { placeOf } from '../../src/outbox/place.ts'
import type { Place } from '../../src/outbox/place.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { fund, look, newIdOf, offer } from '../support/arrange.ts'
import { explain } from '../support/explain.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const PLACE = placeOf(5_000)

const claimDue = (db: Db, from?: Place) =>
  claim(db, 'normal', 20, newIdOf(db), { condition: 'waiting', from, rowsMax: 25 })

/** The statements by name, and how many lines of a plan read the outbox. */
const STATEMENTS: [string, number, (db: Db) => Promise<unknown>][] = [
  ['a claim from the beginning', 1, (db) => claim(db, 'normal', 20, newIdOf(db), { rowsMax: 25 })],
  ['a claim from a place', 1, (db) => claim(db, 'normal', 20, newIdOf(db), { rowsMax: 25, from: PLACE })],
  ['a claim of due rows', 1, (db) => claimDue(db)],
  ['a claim of due rows from a place', 1, (db) => claimDue(db, PLACE)],
  ['a look-up from the beginning', 2, (db) => lookUp(db, 'normal')],
  ['a look-up from a place', 2, (db) => lookUp(db, 'normal', { ready: PLACE })],
  ['a look-up from a due place', 2, (db) => lookUp(db, 'normal', { ready: PLACE, due: placeOf(1_000) })],
]

describe('the relay reads and locks through the index that satisfies its order', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000_000)
  })
  afterEach(() => stack.drop())

  const send = (count: number) =>
    offer(stack.db, ...Array.from({ length: count }, () => ({ userId: 1, to: 1 })))

  for (const [name, lines, work] of STATEMENTS) {
    it(`with ${name}, in a table that is small, large or empty by its statistics`, async () => {
      await send(30)
      const statements = await statementsOf(work)
      assert.equal(statements.length, name.startsWith('a claim from') ? 2 : 1, statements.join('\n'))
      await send(30)
      await assertPlans(statements, lines)
      for (let sent = 0; sent < 1_000; sent += 200) await send(200)
      await look(stack.db, sql`ANALYZE TABLE outbox_events`)
      await assertPlans(statements, lines)
      await look(stack.db, sql`DELETE FROM outbox_events`)
      await look(stack.db, sql`ANALYZE TABLE outbox_events`)
      await assertPlans(statements, lines)
    })
  }

  async function assertPlans(statements: string[], lines: number): Promise<void> {
    for (const statement of statements) {
      const plan = await explain(stack.db, sql.raw(statement))
      const ofOutbox = plan.filter(({ table }) => table === 'outbox_events')
      const text = `${statement}\n${JSON.stringify(plan)}`
      assert.equal(ofOutbox.length, lines, text)
      for (const { key, type, Extra } of ofOutbox) {
        assert.equal(key, 'idx_outbox_order', text)
        assert.match(type, /^(?:ref|range)$/, text)
        assert.doesNotMatch(Extra ?? '', /filesort|temporary/i, text)
      }
    }
  }

  /** The SELECTs that some work sends, as the server gets them. */
  async function statementsOf(work: (db: Db) => Promise<unknown>): Promise<string[]> {
    const proxy = await openTcpProxy(stack.databaseUrl)
    const proxied = openDb({ url: proxy.url, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
    const statements: string[] = []
    proxy.onBytes((bytes, direction) => {
      const text = bytes.toString('latin1')
      const start = text.search(/\(?SELECT/)
      if (direction === 'toServer' && start >= 0 && text.includes('idx_outbox_order'))
        statements.push(text.slice(start).trim())
    })
    await work(proxied)
    await closeDb(proxied)
    await proxy.close()
    return statements
  }
})
