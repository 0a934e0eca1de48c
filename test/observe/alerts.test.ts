import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Servers } from '../../dev/servers.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import { read } from '../../src/platform/db/index.ts'
import { recipients, send, topUp } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack, logFolder, privateServers } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { startPrometheus } from './prometheus.ts'
import type { Prometheus } from './prometheus.ts'

const CUSTOMER = 1
/** An audit examines a balance within some seconds; a busy machine may take longer for everything. */
const BOUND_MS = 120_000
const ADMIN_KEY = 'admin-key-of-the-alerts-0123456789'
/** Messages are late in every fault here, and the rules' waits are taken out: these may fire beside. No other may. */
const LATE = new Set([
  'OutboxStuck',
  'ExpressBudgetBurnsFast',
  'ExpressBudgetBurnsSlowly',
  'GuaranteesMissed',
])

describe('the alerts over an engine in trouble', function () {
  this.timeout(4 * BOUND_MS)
  let servers: Servers
  let stack: Stack
  let env: Record<string, string>
  let engine: TestEngine
  let prometheus: Prometheus
  before(async function () {
    servers = privateServers(this)
    stack = await freshStack()
    const [port = 0] = await freePorts(1)
    env = { PORT: String(port), ADMIN_API_KEY: ADMIN_KEY }
    engine = await startTestEngine({ stack, env })
    await topUp(engine.url, CUSTOMER, 1_000_000)
    prometheus = await startPrometheus(await logFolder(), { chapar: new URL(engine.url).host })
    await fires([])
  })
  after(async () => {
    await prometheus?.stop()
    await engine?.stop()
    await stack?.drop()
  })

  it('fire for operator A when it is down, for all when both are, and resolve when they are back', async () => {
    await engine.operatorA.admin.behave({ outage: 'http503' })
    await fires(['OperatorOpen'])
    await engine.operatorB.admin.behave({ outage: 'http503' })
    await fires(['AllOperatorsOpen', 'OperatorOpen'])
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({})
    await fires([])
  })

  it('fire for all when A is down and a person paused B, and never for the one that is paused', async () => {
    await engine.operatorA.admin.behave({ outage: 'http503' })
    await fires(['OperatorOpen'])
    await control('operator-b', 'paused')
    await fires(['AllOperatorsOpen', 'OperatorOpen'])
    await control('operator-a', 'drained')
    await fires(['AllOperatorsOpen'])
    await control('operator-b', 'active')
    await fires([])
    await engine.operatorA.admin.behave({})
    await control('operator-a', 'active')
    await fires([])
  })

  it('fire when RabbitMQ is down, and resolve when it is back', async () => {
    await servers.broker.stop()
    await fires(['ConsumerMissing', 'RelayMissing'])
    await servers.broker.start()
    await fires([])
  })

  it('fire for a balance that is wrong, until it is repaired and the relay restarted', async () => {
    await engine.drain()
    await changeBalance(1)
    // Ledger rows that are written meanwhile would go on from the wrong balance.
    await fires(['AuditViolation'], { sends: false })
    await changeBalance(-1)
    await eventually('the audit has seen the repair', seesBalances)
    await engine.stop()
    engine = await startTestEngine({ stack, env })
    await fires([])
  })

  async function control(operator: string, state: string): Promise<void> {
    const response = await fetch(`${engine.url}/v1/admin/operators/${operator}`, {
      method: 'PATCH',
      headers: { 'X-API-Key': ADMIN_KEY, 'Content-Type': 'application/json' },
      body: JSON.stringify({ state, reason: 'a test' }),
    })
    assert.equal(response.status, 200)
  }

  /** Sends meanwhile, because a breaker opens and closes by calls alone. Names in the order of the alphabet. */
  async function fires(names: string[], { sends = true } = {}): Promise<void> {
    let firing: string[] = []
    await eventually(
      `${names.join(' and ') || 'nothing'} fires`,
      async () => {
        for (const type of sends ? (['normal', 'express'] as const) : [])
          await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1), type })
        const samples = await prometheus.query('ALERTS{alertstate="firing"}')
        const found = new Set(samples.map(({ metric }) => metric['alertname'] ?? ''))
        firing = [...found].filter((name) => !LATE.has(name)).sort()
        const up = await prometheus.query('up{job="chapar"} == 1')
        return up.length === 1 && firing.join() === names.join()
      },
      BOUND_MS,
    ).catch(async (error: unknown) => {
      // The rule that is broken says more than the alert.
      const violated = await prometheus.query('chapar_audit_violations_total > 0')
      const rules = violated.map(({ metric, value }) => `${metric['rule']} ${value}`)
      assert.fail([String(error), `firing: ${firing.join(', ')}`, ...rules].join('; '))
    })
  }

  /** The audit goes on from the balances that it saw last. */
  async function seesBalances(): Promise<boolean> {
    const [row] = await look<{ n: number }>(
      stack.db,
      sql`SELECT COUNT(*) AS n FROM user_balances b JOIN audit_accounts a ON a.user_id = b.user_id
        WHERE a.balance <> b.balance`,
    )
    return row?.n === 0
  }

  async function changeBalance(by: number): Promise<void> {
    await read(stack.db, 'test.plant', async (reader) => {
      await sql`UPDATE user_balances SET balance = balance + ${by} WHERE user_id = ${CUSTOMER}`.execute(
        reader,
      )
    })
  }
})
