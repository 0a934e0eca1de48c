import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { DASHBOARDS, DASHBOARDS_FOLDER, describeDashboard } from '../../dev/dashboards/dashboards.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import type { Server } from '../../dev/servers/server.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { recipients, send, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { logFolder, privateServers } from '../support/servers.ts'
import { startMysqldExporter, startRabbitMetrics } from './exporters.ts'
import { startPrometheus } from './prometheus.ts'
import type { Prometheus } from './prometheus.ts'

const CUSTOMER = 1
const REJECTED = '09120000001'
const SECRET = 'secret-of-the-receipts'
/** Grafana's choice at a scrape every second, and far above it, because a busy machine may miss some. */
const RATE_INTERVAL = '30s'
/** Time for a few scrapes and evaluations on a machine that does other work as well. */
const BOUND_MS = 150_000

/** Nothing to show is good news, or a matter of hours. */
const MAY_BE_EMPTY = [/outcome!="ok"/, /chapar_audit_(pass|head)_age_seconds/]

const queries = DASHBOARDS.flatMap(({ panels }) =>
  panels.flatMap((panel) => panel.queries.map(([expr]) => expr)),
)

describe('the dashboards', () => {
  it('are what "npm run dashboards" writes, and no others lie there', async () => {
    const written = await Promise.all(DASHBOARDS.map(describeDashboard))
    for (const { path, text } of written) assert.equal(readFileSync(path, 'utf8'), text, path)
    assert.deepEqual(
      readdirSync(DASHBOARDS_FOLDER)
        .map((name) => join(DASHBOARDS_FOLDER, name))
        .sort(),
      written.map(({ path }) => path).sort(),
    )
  })

  it('have no query by customer, message or number', () => {
    assert.ok(queries.length > 60)
    for (const expr of queries) assert.doesNotMatch(expr, /customer|user_id|recipient=|sms_identifier/)
  })
})

describe('the dashboards over an engine at work', function () {
  this.timeout(4 * BOUND_MS)
  let engine: TestEngine
  let operator: SimulatorProcess
  let exporter: Server
  let rabbit: { address: string; stop(): Promise<void> }
  let prometheus: Prometheus
  before(async function () {
    const servers = privateServers(this)
    const folder = await logFolder()
    const [port = 0] = await freePorts(1)
    operator = await spawnSimulator({
      ...{ PORT: '0', NAME: 'operator-a', SEED: '1', RECEIPTS_SECRET: SECRET },
      RECEIPTS_URL: `http://127.0.0.1:${port}/operators/operator-a/receipts`,
    })
    await operator.admin.behave({ rejectedNumbers: [REJECTED] })
    engine = await startTestEngine({
      env: { PORT: String(port), OPERATOR_A_URL: operator.url, RECEIPTS_SECRET: SECRET },
    })
    await topUp(engine.url, CUSTOMER, 1_000_000)
    rabbit = await startRabbitMetrics(servers)
    exporter = await startMysqldExporter(join(folder, 'mysqld-exporter'), servers.databaseAdminUrl)
    prometheus = await startPrometheus(join(folder, 'prometheus'), {
      chapar: new URL(engine.url).host,
      mysql: `127.0.0.1:${exporter.port}`,
      rabbitmq: rabbit.address,
      'rabbitmq-queues': rabbit.address,
    })
  })
  after(async () => {
    await prometheus?.stop()
    await exporter?.stop()
    await rabbit?.stop()
    await engine?.stop()
    await operator?.stop()
  })

  const load = async () => {
    for (const type of ['normal', 'express'] as const)
      await send(engine.url, { customer_id: CUSTOMER, recipients: [REJECTED, ...recipients(3, 100)], type })
  }

  it('show a number in every query', async () => {
    const wanted = queries.filter((expr) => !MAY_BE_EMPTY.some((pattern) => pattern.test(expr)))
    let missing = wanted
    await eventually(
      'every query has a number',
      async () => {
        await load()
        const results = await Promise.all(missing.map((expr) => hasNumber(expr)))
        missing = missing.filter((_expr, index) => !results[index])
        return missing.length === 0
      },
      BOUND_MS,
    ).catch((error: unknown) => assert.fail(`${String(error)}, but not ${missing.join('\n')}`))
  })

  it('have no query that Prometheus refuses, and no scrape that fails', async () => {
    for (const expr of queries) await prometheus.query(withInterval(expr))
    const wanted = ['chapar', 'mysql', 'rabbitmq', 'rabbitmq-queues'].map((job) => [job, 1])
    let up: unknown[] = []
    // A single scrape may be late on a busy machine; the next one is not.
    await eventually('every scrape succeeds', async () => {
      const results = await prometheus.query('up')
      up = results.map(({ metric, value }) => [metric['job'], value]).sort()
      return isDeepStrictEqual(up, wanted)
    }).catch(() => assert.deepEqual(up, wanted))
  })

  async function hasNumber(expr: string): Promise<boolean> {
    return (await prometheus.query(withInterval(expr))).some(({ value }) => !Number.isNaN(value))
  }
})

function withInterval(expr: string): string {
  return expr.replaceAll('$__rate_interval', RATE_INTERVAL)
}
