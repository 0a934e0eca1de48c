import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Program } from '../../dev/stack/programs.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { recipients, send, topUp } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import { linesOf } from './severalProcesses.ts'

const CUSTOMER = 1
/** Message parts a second. */
const BOUND = 200
/** More than a lease has time for. */
const REQUESTS = 14
const RECIPIENTS = 100
const EXPRESS = 20
const BOUND_MS = 60_000
/** A second's worth may be early or late; two consumers that each had the bound for themselves would have twice of it. */
const FASTER_MAX = 1.15
/** What is lost to how busy this machine is; two consumers with a fixed half each would use half of it. */
const USED_MIN = 0.55
/** Normal messages that pass before the express ones; if they waited behind all, it would be twice as many. */
const PASSING_MAX = 600

describe("two consumers at an operator's bound", () => {
  let folder: string
  let stack: Stack
  let simulator: SimulatorProcess
  let engines: Program[]
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chapar-throughput-'))
    const path = join(folder, 'operators.yml')
    stack = await freshStack()
    ;[simulator] = await freshSimulators()
    writeFileSync(path, `operators: [{ name: a, url: "${simulator.url}", throughput: ${BOUND} }]`)
    const env = { OPERATORS_FILE: path, OPERATOR_A_URL: '', OPERATOR_B_URL: '' }
    engines = await Promise.all([
      startEngineProcess(stack, { env }),
      startEngineProcess(stack, { role: 'consumer', env }),
    ])
  })
  after(async () => {
    await Promise.all(engines.map((engine) => engine.stop()))
    await stack.drop()
    rmSync(folder, { recursive: true })
  })

  /** When the operator took each message of a kind, in milliseconds, in order. */
  const takenAt = async (isWanted: (to: string) => boolean = () => true): Promise<number[]> => {
    const times: number[] = []
    for await (const { to, firstTakenAt } of simulator.admin.submissions())
      if (firstTakenAt !== null && isWanted(to)) times.push(firstTakenAt)
    return times.toSorted((a, b) => a - b)
  }
  /** How many in each second of the operator's clock. */
  const bySecond = (times: number[]): number[] =>
    [...Map.groupBy(times, (ms) => Math.floor(ms / 1_000)).values()].map(({ length }) => length)

  it('keep it together, use it, and let express pass', async () => {
    const [{ url } = { url: '' }] = engines
    await topUp(url, CUSTOMER, 10_000)
    for (let request = 0; request < REQUESTS; request++)
      await send(url, { customer_id: CUSTOMER, recipients: recipients(RECIPIENTS, request * RECIPIENTS) })
    const total = REQUESTS * RECIPIENTS
    await eventually('traffic is at the bound', async () => {
      return (await simulator.admin.summary()).takenReferences > BOUND
    })
    const expressNumbers = recipients(EXPRESS, 50_000)
    const sentAtMs = Date.now()
    await send(url, { customer_id: CUSTOMER, recipients: expressNumbers, type: 'express' })
    await eventually(
      'everything is taken',
      async () => (await simulator.admin.summary()).takenReferences === total + EXPRESS,
      BOUND_MS,
    )
    // What cannot be sent yet waits in the outbox, unclaimed: a claim that is released again costs transactions.
    // A process that stands still loses some claims.
    const [claimed] = await look(
      stack.db,
      sql<{ mean: string }>`SELECT AVG(attempts) AS mean FROM sms_status`,
    )
    assert.ok(Number(claimed?.mean) < 1.5, `${claimed?.mean} claims of a message`)
    const times = await takenAt()
    const counts = bySecond(times)
    const lastedSeconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000
    assert.ok(lastedSeconds >= times.length / (BOUND * FASTER_MAX), `${counts.join(', ')} in the seconds`)
    // While there was a backlog. 95 % are proven on a simulated clock (throughput.test.ts of the operators).
    const whole = counts.slice(1, -2).toSorted((a, b) => a - b)
    const median = whole[Math.floor(whole.length / 2)] ?? 0
    assert.ok(median >= BOUND * USED_MIN, `${counts.join(', ')} in the seconds`)
    const lastExpressMs = (await takenAt((to) => expressNumbers.includes(to))).at(-1) ?? Infinity
    const normal = await takenAt((to) => !expressNumbers.includes(to))
    const passing = normal.filter((ms) => ms > sentAtMs && ms < lastExpressMs).length
    assert.ok(passing < PASSING_MAX, `${passing} normal messages passed`)
  })

  it('read their file again on SIGHUP, and do not end', async () => {
    const applied = () => engines.map((engine) => linesOf(engine, "operators' file applied").length)
    for (const { pid } of engines) process.kill(pid, 'SIGHUP')
    await eventually('both have read it', () => applied().join() === '1,1')
    for (const engine of engines)
      assert.deepEqual(linesOf(engine, "operators' file applied")[0]?.['kept'], ['a'])
  })
})
