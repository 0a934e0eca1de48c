import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Servers } from '../../dev/servers.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import { read } from '../../src/platform/db/index.ts'
import { recipients, send, topUp } from '../support/api.ts'
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
/** Those of faults that are made here. Others may fire, as one of a machine that is slow. */
const WATCHED = ['OperatorOpen', 'AllOperatorsOpen', 'RelayMissing', 'ConsumerMissing', 'AuditViolation']

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
    env = { PORT: String(port) }
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
    await fires(['OperatorOpen', 'AllOperatorsOpen'])
    for (const { admin } of [engine.operatorA, engine.operatorB]) await admin.behave({})
    await fires([])
  })

  it('fire when RabbitMQ is down, and resolve when it is back', async () => {
    await servers.broker.stop()
    await fires(['RelayMissing', 'ConsumerMissing'])
    await servers.broker.start()
    await fires([])
  })

  it('fire for a balance that is wrong, until it is repaired and the relay restarted', async () => {
    await engine.drain()
    await changeBalance(1)
    await fires(['AuditViolation'])
    await changeBalance(-1)
    await engine.stop()
    engine = await startTestEngine({ stack, env })
    await fires([])
  })

  /** Sends meanwhile, because a breaker opens and closes by calls alone. */
  async function fires(names: string[]): Promise<void> {
    let firing: string[] = []
    await eventually(
      `${names.join(' and ') || 'nothing'} fires`,
      async () => {
        for (const type of ['normal', 'express'] as const)
          await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1), type })
        const samples = await prometheus.query('ALERTS{alertstate="firing"}')
        const found = new Set(samples.map(({ metric }) => metric['alertname'] ?? ''))
        firing = WATCHED.filter((name) => found.has(name))
        const up = await prometheus.query('up{job="chapar"} == 1')
        return up.length === 1 && firing.join() === names.join()
      },
      BOUND_MS,
    ).catch((error: unknown) => assert.fail(`${String(error)}; firing: ${firing.join(', ')}`))
  }

  async function changeBalance(by: number): Promise<void> {
    await read(stack.db, 'test.plant', async (reader) => {
      await sql`UPDATE user_balances SET balance = balance + ${by} WHERE user_id = ${CUSTOMER}`.execute(
        reader,
      )
    })
  }
})
