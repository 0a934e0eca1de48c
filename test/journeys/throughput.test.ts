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
    const claimed = await look(stack.db, sql<{ most: number }>`SELECT MAX(attempts) AS most FROM sms_status`)
    assert.deepEqual(claimed, [{ most: 1 }])
    const times = await takenAt()
    const counts = bySecond(times)
    assert.ok(Math.max(...counts) <= BOUND * 1.05, `${counts.join(', ')} in the seconds`)
    // While there was a backlog. 95 % are proven on a simulated clock (throughput.test.ts of the operators); how busy this
    // machine is must not decide.
    const whole = counts.slice(1, -2)
    const mean = whole.reduce((sum, count) => sum + count, 0) / whole.length
    assert.ok(mean >= BOUND * 0.8, `${counts.join(', ')} in the seconds`)
    const express = await takenAt((to) => expressNumbers.includes(to))
    const expressMs = (express.at(-1) ?? Infinity) - sentAtMs
    assert.ok(expressMs < 1_500, `express took ${expressMs} ms`)
  })

  it('read their file again on SIGHUP, and do not end', async () => {
    const applied = () => engines.map((engine) => linesOf(engine, "operators' file applied").length)
    for (const { pid } of engines) process.kill(pid, 'SIGHUP')
    await eventually('both have read it', () => applied().join() === '1,1')
    for (const engine of engines)
      assert.deepEqual(linesOf(engine, "operators' file applied")[0]?.['kept'], ['a'])
  })
})
