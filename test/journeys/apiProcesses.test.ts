import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { launch } from '../../dev/processes/launch.ts'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import type { Program } from '../../dev/stack/programs.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { balanceOf, call, recipients, topUp, untilDecided } from '../support/api.ts'
import type { Accepted } from '../support/api.ts'
import { assertAllEnded } from '../support/ending.ts'
import { drain, engineEnv } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack, logFolder } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import {
  allServe,
  ask,
  assertAnswers,
  assertComesTo,
  countAccepted,
  linesOf,
  pidsOf,
  startSeveral,
  valueOf,
  workersOf,
} from './severalProcesses.ts'

const BALANCE = 60
const ATTEMPTS = 80

const toOne = (recipient: string) => ({
  ...{ customer_id: 1, text: 'hi', type: 'normal' },
  recipients: [recipient],
})

interface ReadyBody {
  checks: { name: string; ok: boolean; reason?: string }[]
}

describe('an API of several processes', () => {
  let stack: Stack
  let simulators: SimulatorProcess[]
  let engines: Program[]
  let proxies: TcpProxy[]

  beforeEach(async () => {
    stack = await freshStack()
    simulators = await freshSimulators()
    engines = []
    proxies = []
  })
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.kill()))
    await Promise.all(proxies.map((proxy) => proxy.close()))
    await stack.drop()
  })

  async function startAll(changed: Partial<Stack> = {}): Promise<Program> {
    const engine = await startSeveral({ ...stack, ...changed })
    engines.push(engine)
    await allServe(engine)
    return engine
  }

  async function openProxy(serverUrl: string): Promise<TcpProxy> {
    const proxy = await openTcpProxy(serverUrl)
    proxies.push(proxy)
    return proxy
  }

  it('answers on one port from each, spends a balance to exactly zero, and counts as one', async () => {
    const engine = await startAll()
    await topUp(engine.url, 1, BALANCE)
    const answers = await Promise.all(
      recipients(ATTEMPTS).map((recipient) =>
        untilDecided(() => call(engine.url, 'POST', '/sms/send', { body: toOne(recipient) })),
      ),
    )
    const accepted = answers.filter(({ status }) => status === 200).length
    const refused = answers.filter(({ status }) => status === 402).length
    assert.deepEqual([accepted, refused], [BALANCE, ATTEMPTS - BALANCE])
    assert.equal(await balanceOf(engine.url, 1), 0)
    assert.deepEqual(pidsOf(linesOf(engine, 'request')), new Set(workersOf(engine)))

    await drain(stack.db)
    const series = [
      'chapar_accept_decisions_total{class="normal",decision="accepted"}',
      'chapar_accept_decisions_total{class="normal",decision="insufficient_balance"}',
      'chapar_delivery_results_total{class="normal",result="done"}',
    ]
    const counts = async () => {
      const { text } = await ask(`${engine.url}/metrics`)
      return series.map((each) => valueOf(text, each))
    }
    const counted = [BALANCE, ATTEMPTS - BALANCE, BALANCE]
    await assertComesTo(counted, counts)
    // Whichever is asked.
    for (let times = 0; times < 6; times++) await assertAnswers(counted, counts)
    await assertAllEnded(
      stack.db,
      answers.filter(({ status }) => status === 200).map(({ text }) => JSON.parse(text) as Accepted),
    )
  })

  it('is ready when the whole program is, whichever is asked', async () => {
    const broker = await openProxy(stack.amqpUrl)
    const engine = await startAll({ amqpUrl: broker.url })
    const ready = async () => {
      const { status, text } = await ask(`${engine.url}/readyz`)
      return { status, checks: (JSON.parse(text) as ReadyBody).checks }
    }
    const names = [
      'database',
      'broker_consume_express',
      'broker_consume_normal',
      'broker_publish_express',
      'broker_publish_normal',
    ]
    const allReady = { status: 200, checks: names.map((name) => ({ name, ok: true })) }
    for (let times = 0; times < 4; times++) await assertAnswers(allReady, ready)

    broker.refuse()
    broker.cut()
    const unlessLate = () => ready().catch(() => undefined)
    const isOk = (checks: ReadyBody['checks'], wanted: string) =>
      checks.find(({ name }) => name === wanted)?.ok
    await eventually('it is not ready, for want of the broker alone', async () => {
      const { status = 0, checks = [] } = (await unlessLate()) ?? {}
      if (status !== 503) return false
      assert.deepEqual(
        checks.map(({ name }) => name),
        names,
      )
      return isOk(checks, 'database') === true && isOk(checks, 'broker_publish_express') === false
    })
    broker.admit()
    await eventually('it is ready again', async () => (await unlessLate())?.status === 200)
  })

  it('has metrics while a process hangs, whose counts stand as they were', async () => {
    const engine = await startAll()
    await topUp(engine.url, 1, BALANCE)
    for (const recipient of recipients(10))
      await untilDecided(() => call(engine.url, 'POST', '/sms/send', { body: toOne(recipient) }))
    await assertComesTo(10, () => countAccepted(engine.url))
    const [victim = 0] = workersOf(engine)
    process.kill(victim, 'SIGSTOP')
    await eventually('the other has the metrics', async () => {
      const count = await countAccepted(engine.url).catch(() => undefined)
      if (count !== undefined) assert.equal(count, 10)
      return count !== undefined
    })
  })

  it('has metrics while the database is silent', async () => {
    const database = await openProxy(stack.databaseUrl)
    const engine = await startAll({ databaseUrl: database.url })
    database.silence()
    await eventually('the metrics are answered', async () => {
      const { status, text } = await ask(`${engine.url}/metrics`).catch(() => ({ status: 0, text: '' }))
      const asked = 'http_request_duration_seconds_count{method="GET",route="/readyz",status="200"}'
      return status === 200 && valueOf(text, asked) >= 1
    })
  })

  it('does not start where its port is in use: says so, exits 1 and leaves none', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const [a, b] = simulators
    const settings = { PORT: String(port), API_PROCESSES: '2' }
    const launched = await launch({
      command: process.execPath,
      args: ['--require', './src/runtime.cjs', 'src/main.ts'],
      env: engineEnv(stack, a?.url ?? '', b?.url ?? '', settings),
      cwd: CHECKOUT,
      logFile: join(await logFolder(), 'engine.log'),
    })
    try {
      await eventually('it has ended', () => launched.exit() !== undefined, 30_000)
      assert.deepEqual(launched.exit(), { code: 1, signal: null })
      assert.deepEqual(launched.processes(), [])
      const said = launched
        .output()
        .split('\n')
        .filter((line) => line.startsWith('chapar: '))
      assert.match(said[0] ?? '', new RegExp(`^chapar: cannot listen on 127\\.0\\.0\\.1:${port}: .*in use`))
      assert.deepEqual(said.slice(1), ['chapar: an API process did not start; the reason is above'])
    } finally {
      await launched.kill()
      other.close()
    }
  })
})
