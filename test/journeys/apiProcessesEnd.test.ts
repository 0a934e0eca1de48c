import assert from 'node:assert/strict'
import type { Program } from '../../dev/stack/programs.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { topUp } from '../support/api.ts'
import {
  AFTER_KILL_MS,
  countMarked,
  countSending,
  drainAndCheck,
  expireLeases,
  makeAllDue,
} from '../support/ending.ts'
import { eventually } from '../support/eventually.ts'
import { offerLoad, refusedForAnotherReason } from '../support/load.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import {
  GIVE_UP_MS,
  allServe,
  countAccepted,
  linesOf,
  pidsOf,
  startSeveral,
  workersOf,
} from './severalProcesses.ts'

const CUSTOMERS = [1, 2, 3, 4]

describe('an API of several processes that end', () => {
  let stack: Stack
  let simulators: SimulatorProcess[]
  let engines: Program[]

  beforeEach(async () => {
    stack = await freshStack()
    simulators = await freshSimulators()
    engines = []
  })
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.kill()))
    await stack.drop()
  })

  async function start(options: { port?: number } = {}): Promise<Program> {
    // What was in flight when a process died would otherwise be held for a day.
    const engine = await startSeveral(stack, { ...options, env: { ON_UNKNOWN: 'retry' } })
    engines.push(engine)
    return engine
  }

  async function startWithMoney(): Promise<Program> {
    const engine = await start()
    await allServe(engine)
    for (const customer of CUSTOMERS) await topUp(engine.url, customer, 1_000_000)
    return engine
  }

  async function ended(engine: Program) {
    await eventually('the first process has ended', () => engine.exit() !== undefined, 30_000)
    return engine.exit()
  }

  async function countWhenAnswered({ url }: Program): Promise<number> {
    let count: number | undefined
    await eventually('the metrics are answered', async () => {
      count = await countAccepted(url).catch(() => undefined)
      return count !== undefined
    })
    return count ?? NaN
  }

  const enough = (load: { accepted: unknown[] }, count: number) =>
    eventually(`${count} requests are accepted`, () => load.accepted.length >= count)

  it('replaces a process that was killed and goes on meanwhile; no count falls', async () => {
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 8, giveUpAfterMs: GIVE_UP_MS })
    await enough(load, 100)
    const [victim = 0, survivor = 0] = workersOf(engine)
    const counts = [await countWhenAnswered(engine)]
    process.kill(victim, 'SIGKILL')
    await eventually('another serves in its place', async () => {
      counts.push(...(await countAccepted(engine.url).then(Array.of<number>, () => [])))
      return pidsOf(linesOf(engine, 'serving')).size === 4
    })
    await enough(load, load.accepted.length + 100)
    counts.push(await countWhenAnswered(engine))
    await load.stop()

    assert.deepEqual(
      counts,
      counts.toSorted((one, other) => one - other),
    )
    const [line] = linesOf(engine, 'API process ended')
    assert.equal(line?.['reason'], `process ${victim} ended by SIGKILL`)
    assert.ok(workersOf(engine).includes(survivor))
    assert.equal(workersOf(engine).length, 2)
    assert.deepEqual(refusedForAnotherReason(load), [])
    await drainAndCheck(stack.db, load.accepted, simulators)
    // Those that send were not killed.
    assert.equal(await countMarked(stack.db), 0)
  })

  it('finishes what is in flight on SIGTERM, exits 0 and leaves none; what it answered is there', async () => {
    for (const { admin } of simulators)
      await admin.change({ latency: { kind: 'uniform', minMs: 10, maxMs: 60 } })
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 16, recipientsPerRequest: 2 })
    await enough(load, 100)
    process.kill(engine.pid, 'SIGTERM')
    const exit = await ended(engine)
    assert.deepEqual(engine.processes(), [])
    await load.stop()
    assert.deepEqual(exit, { code: 0, signal: null }, engine.output())
    assert.equal(await countSending(stack.db), 0)

    await start({ port: engine.port })
    await makeAllDue(stack.db)
    await drainAndCheck(stack.db, load.accepted, simulators)
    assert.equal(await countMarked(stack.db), 0)
  })

  it('ends in order in the middle of its start, with a process that serves and one that does not yet', async () => {
    const engine = await start()
    process.kill(engine.pid, 'SIGTERM')
    assert.deepEqual(await ended(engine), { code: 0, signal: null })
    assert.deepEqual(engine.processes(), [])
    const stopped = pidsOf(linesOf(engine, 'stopped'))
    for (const pid of pidsOf(linesOf(engine, 'serving'))) assert.ok(stopped.has(pid), engine.output())
  })

  it('dies whole when its first process is killed, and loses nothing', async () => {
    const engine = await startWithMoney()
    const load = offerLoad(engine.url, { customers: CUSTOMERS, concurrency: 16, recipientsPerRequest: 2 })
    await enough(load, 100)
    process.kill(engine.pid, 'SIGKILL')
    await eventually('none is left', () => engine.processes().length === 0)
    await load.stop()

    await expireLeases(stack.db)
    await start({ port: engine.port })
    await drainAndCheck(stack.db, load.accepted, simulators, AFTER_KILL_MS)
  })
})
