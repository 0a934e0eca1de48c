import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Servers } from '../../dev/servers.ts'
import type { Program } from '../../dev/stack/programs.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { get, post, topUp } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import {
  AFTER_KILL_MS,
  countMarked,
  countSending,
  drainAndCheck,
  expireLeases,
  makeAllDue,
} from '../support/ending.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { offerLoad, refusedForAnotherReason } from '../support/load.ts'
import { freshStack, privateServers } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import { valueOf } from './severalProcesses.ts'

const CUSTOMERS = [1, 2, 3, 4, 5, 6, 7, 8]
const SETTLED_MS = 200

describe('an engine that is killed, or whose servers are', () => {
  let servers: Servers
  let stack: Stack
  let simulators: SimulatorProcess[]
  let engines: Program[]

  before(function () {
    servers = privateServers(this)
  })
  beforeEach(async () => {
    stack = await freshStack()
    simulators = await freshSimulators()
    // Slow enough that something is always in flight.
    for (const { admin } of simulators)
      await admin.change({ latency: { kind: 'uniform', minMs: 10, maxMs: 60 } })
    engines = []
  })
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.kill()))
    await stack.drop()
  })

  async function start(options: Parameters<typeof startEngineProcess>[1] = {}): Promise<Program> {
    const env = { ON_UNKNOWN: 'retry', ...options.env }
    const engine = await startEngineProcess(stack, { ...options, env })
    engines.push(engine)
    return engine
  }

  async function startWithMoney(): Promise<Program> {
    const engine = await start()
    for (const customer of CUSTOMERS) await topUp(engine.url, customer, 1_000_000)
    return engine
  }

  const enough = (load: { accepted: unknown[] }, count: number) =>
    eventually(`${count} requests are accepted`, () => load.accepted.length >= count)

  /**
   * What a killed engine may have had sent: what was in flight, and earlier calls whose end is unknown. Its last claim may
   * still be on its way into the tables.
   */
  async function countMaybeSent(): Promise<number> {
    let [count, sinceMs] = [NaN, 0]
    await eventually('the last claim is in the tables', async () => {
      const rows = await look(
        stack.db,
        sql`SELECT 1 FROM sms_status WHERE status = 'sending' OR possibly_sent`,
      )
      const now = rows.length
      if (now !== count) [count, sinceMs] = [now, performance.now()]
      return performance.now() - sinceMs >= SETTLED_MS
    })
    return count
  }

  /** Messages of calls that ran out of time, as on a machine that stands still: they are marked as well. */
  async function countUnknown(url: string): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text()
    const ofOne = ({ name }: SimulatorProcess) =>
      valueOf(text, `chapar_operator_results_total{operator="${name}",result="unknown"}`)
    return simulators.reduce((sum, simulator) => sum + ofOne(simulator), 0)
  }

  it('ends every accepted message after kill -9 under load, and marks what may have been sent twice', async () => {
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 16, recipientsPerRequest: 3 })
    await enough(load, 150)
    await engine.kill()
    await load.stop()
    const maybeSent = await countMaybeSent()
    await expireLeases(stack.db)
    const { url } = await start({ port: engine.port })
    await drainAndCheck(stack.db, load.accepted, simulators, AFTER_KILL_MS)
    const [marked, unknown] = [await countMarked(stack.db), await countUnknown(url)]
    assert.ok(
      marked <= maybeSent + unknown,
      `${marked} marked, ${maybeSent} maybe sent before the kill, ${unknown} unknown afterwards`,
    )
  })

  it('loses nothing with the disk of the broker', async () => {
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 16, recipientsPerRequest: 3 })
    await enough(load, 100)
    await servers.broker.kill()
    await servers.broker.wipe()
    await enough(load, 200)
    await servers.broker.start()
    await load.stop()
    await eventually('the engine is ready again', async () => (await fetch(`${engine.url}/readyz`)).ok)
    await makeAllDue(stack.db)
    await drainAndCheck(stack.db, load.accepted, simulators)
    assert.deepEqual(refusedForAnotherReason(load), [])
  })

  it('goes on without a restart when the broker was restarted in mid-flow', async () => {
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 16 })
    await enough(load, 100)
    await servers.broker.stop()
    await servers.broker.start()
    await enough(load, 200)
    await load.stop()
    await eventually('the engine is ready again', async () => (await fetch(`${engine.url}/readyz`)).ok)
    await makeAllDue(stack.db)
    await drainAndCheck(stack.db, load.accepted, simulators)
  })

  it('answers 503 while the database is away, changes nothing then, and goes on without a restart', async () => {
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 8 })
    await enough(load, 100)
    await servers.database.kill()
    // Behind a COMMIT whose answer was lost, and is looked up for some seconds, the word is that it waited too long.
    await eventually('the answer names the database', async () => {
      const away = await post<{ code: string }>(engine.url, '/sms/send', {
        customer_id: 1,
        text: 'hi',
        recipients: ['09120000000'],
        type: 'normal',
      })
      assert.equal(away.status, 503)
      assert.ok(Number(away.headers.get('retry-after')) >= 1)
      return away.body.code === 'database_unavailable'
    })
    assert.equal((await get(engine.url, '/balance?user_id=1')).status, 503)
    assert.equal((await get(engine.url, '/healthz')).status, 200)
    assert.equal((await get(engine.url, '/readyz')).status, 503)
    await servers.database.start()
    const before = load.accepted.length
    await enough(load, before + 50)
    await load.stop()
    await eventually('the engine is ready again', async () => (await fetch(`${engine.url}/readyz`)).ok)
    await expireLeases(stack.db)
    await drainAndCheck(stack.db, load.accepted, simulators)
  })

  it('finishes what is in flight on SIGTERM and exits 0; what it answered is there and is sent once', async () => {
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 16, recipientsPerRequest: 2 })
    await enough(load, 100)
    const exit = await engine.stop()
    await load.stop()
    assert.equal(exit.code, 0)
    assert.equal(await countSending(stack.db), 0)
    await start({ port: engine.port })
    await makeAllDue(stack.db)
    await drainAndCheck(stack.db, load.accepted, simulators)
    assert.equal(await countMarked(stack.db), 0)
  })

  it('shares the work among processes with one role each, and sends nothing twice', async () => {
    const api = await start({ role: 'api' })
    await Promise.all(['relay', 'relay', 'consumer', 'consumer'].map((role) => start({ role })))
    for (const customer of CUSTOMERS) await topUp(api.url, customer, 1_000_000)
    const load = offerLoad(api.url, { customers: CUSTOMERS, concurrency: 16, recipientsPerRequest: 2 })
    await enough(load, 200)
    await load.stop()
    await drainAndCheck(stack.db, load.accepted, simulators)
    assert.equal(await countMarked(stack.db), 0)
    assert.equal((await get(engines[1]?.url ?? '', '/sms/history?user_id=1')).status, 404)
  })
})
