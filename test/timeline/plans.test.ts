import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { claim } from '../../src/outbox/claim.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { readTimeline } from '../../src/timeline/index.ts'
import { turnFeedOn } from '../events/arrangeEvents.ts'
import { look, newIdOf, offer, sendOne } from '../support/arrange.ts'
import { explain } from '../support/explain.ts'
import { openWebhookBench } from '../webhooks/webhookBench.ts'
import type { WebhookBench } from '../webhooks/webhookBench.ts'

/** What each table is read by; the statements name it, and a plan that scans or sorts is a fault. */
const INDEXES: Record<string, string[]> = {
  ...{ sms_requests: ['PRIMARY'], sms_status: ['PRIMARY'], user_transactions: ['PRIMARY'] },
  ...{ delivery_attempts: ['PRIMARY'], receipts: ['PRIMARY'], sms_quarantine: ['PRIMARY'] },
  ...{ operator_messages: ['PRIMARY'], operator_message_parts: ['PRIMARY'], event_queue: ['PRIMARY'] },
  ...{ event_log: ['idx_event_log_recipient'], d: ['idx_webhook_deliveries_event'], e: ['PRIMARY'] },
  ...{ outbox_events: ['idx_outbox_user', 'idx_outbox_order'], o: ['PRIMARY'] },
  ...{ outbox_positions: ['PRIMARY'], process_states: ['idx_process_states_reported_at'] },
}

/** What is there of merged rows, in four partitions; and the deliveries of some events. */
const MAY_SORT = ['outbox_events', 'd']

describe('a timeline is read through an index of each table', () => {
  let bench: WebhookBench
  beforeEach(async () => void (bench = await openWebhookBench()))
  afterEach(() => bench.close())

  it('whether the tables are small, large or empty by their statistics', async () => {
    await turnFeedOn(bench.db, 1)
    const [sent = ''] = await bench.send(1, 1)
    await bench.deliver()
    const merged = await sendOne(bench.db, { userId: 1, to: 1 })
    const ready = await sendOne(bench.db, { userId: 1, to: 300 })
    const statements = new Set<string>()
    const note = async (ids: string[]) => {
      for (const statement of await statementsOf(bench, ids)) statements.add(statement)
    }
    await note([sent, ready])
    await claim(bench.db, 'normal', 20, newIdOf(bench.db))
    await note([merged])
    await assertPlans([...statements])
    for (let round = 0; round < 5; round++)
      await offer(bench.db, ...Array.from({ length: 200 }, () => ({ userId: 1, to: 1 })))
    await look(bench.db, sql`ANALYZE TABLE ${sql.join(tables().map((table) => sql.table(table)))}`)
    await assertPlans([...statements])
  })

  async function assertPlans(statements: string[]): Promise<void> {
    const seen = new Set<string>()
    for (const statement of statements) {
      const plan = await explain(bench.db, sql.raw(statement))
      const text = `${statement}\n${JSON.stringify(plan)}`
      for (const { table, key, type, Extra } of plan) {
        const wanted = table === null ? undefined : INDEXES[table]
        if (!wanted) continue
        seen.add(table)
        assert.ok(key !== null && wanted.includes(key), text)
        assert.match(type, /^(?:const|eq_ref|ref|range)$/, text)
        if (!MAY_SORT.includes(table)) assert.doesNotMatch(Extra ?? '', /filesort/, text)
      }
    }
    assert.deepEqual([...seen].sort(), Object.keys(INDEXES).sort())
  }
})

function tables(): string[] {
  const aliases: Record<string, string> = {
    d: 'webhook_deliveries',
    e: 'webhook_endpoints',
    o: 'outbox_events',
  }
  return [...new Set(Object.keys(INDEXES).map((name) => aliases[name] ?? name))]
}

/** The SELECTs that reading these timelines sends, as the server gets them. */
async function statementsOf(bench: WebhookBench, ids: string[]): Promise<string[]> {
  const proxy = await openTcpProxy(bench.databaseUrl)
  const db = openDb({ url: proxy.url, maxOpenConns: 1, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
  const statements: string[] = []
  proxy.onBytes((bytes, direction) => {
    const text = bytes.toString('latin1')
    const start = text.search(/SELECT/)
    if (direction === 'toServer' && start >= 0 && /FORCE INDEX|outbox_positions/.test(text))
      statements.push(text.slice(start).trim())
  })
  for (const smsIdentifier of ids)
    await readTimeline(db, { whose: { userId: 1 }, smsIdentifier, limit: 100, after: 0 })
  await closeDb(db)
  await proxy.close()
  return statements
}
