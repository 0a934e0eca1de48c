import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Program } from '../../dev/stack/programs.ts'
import type { Recorded } from '../../simulator/record.ts'
import { audit } from '../../src/audit/index.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { recipients, send, topUp } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { makeAllDue } from '../support/ending.ts'
import { makeRetriesDue } from '../support/engine.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const CUSTOMER = 1
const DEPOSIT = 10_000
const NUMBER = '+989120000000'
const BOUND_MS = 240_000
/** Three parts, of which the operator cannot process the second for now. */
const THREE_PARTS = 'a'.repeat(153) + 'b'.repeat(153) + 'c'.repeat(30)
const SECOND_PART_FAILS = { poisonTexts: [{ text: 'bbb', status: 500 as const }] }
const TO_BE_RETRIED = { RETRY_MIN_DELAY: '500ms', RETRY_MAX_DELAY: '1s', MAX_ATTEMPTS: '1000' }
/** Not before another consumer takes it over. */
const NEVER = { RETRY_MIN_DELAY: '10m', RETRY_MAX_DELAY: '10m' }
const THROUGHPUT = 10

describe('messages of several parts, between consumers and an operator over SMPP', function () {
  this.timeout(2 * BOUND_MS)
  let folder: string
  let stack: Stack
  let simulator: SimulatorProcess
  let engines: Program[] = []
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chapar-smpp-parts-'))
    stack = await freshStack()
    simulator = await spawnSimulator({ NAME: 'north', SEED: '7', SMPP_PORT: '0' })
    await simulator.admin.behave({ receiptDelay: { minMs: 1, maxMs: 1 } })
    engines = []
  })
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.stop()))
    await simulator.stop()
    await stack.drop()
    rmSync(folder, { recursive: true })
  })

  const start = async (options: { role?: string; throughput?: number; retries?: typeof NEVER } = {}) => {
    const file = join(folder, 'operators.yml')
    const { throughput = null, role } = options
    writeFileSync(
      file,
      `operators: [{ name: north, protocol: smpp, url: '${simulator.smppUrl}', system_id: chapar, throughput: ${throughput} }]`,
    )
    const env = {
      ...TO_BE_RETRIED,
      ...options.retries,
      OPERATORS_FILE: file,
      OPERATOR_A_URL: '',
      OPERATOR_B_URL: '',
      ON_UNKNOWN: 'retry',
    }
    const engine = await startEngineProcess(stack, { ...(role !== undefined && { role }), env })
    engines.push(engine)
    return engine
  }
  const rows = () =>
    look(
      stack.db,
      sql<{
        status: string
        delivery_status: string | null
        possibly_sent: number
        possible_duplicate: number
        attempts: number
      }>`
        SELECT status, delivery_status, possibly_sent, possible_duplicate, attempts FROM sms_status`,
    )
  const untilAll = (what: string, isSo: (row: Awaited<ReturnType<typeof rows>>[number]) => boolean) =>
    eventually(
      what,
      async () => {
        await makeRetriesDue(stack.db)
        return (await rows()).every(isSo)
      },
      BOUND_MS,
    )
  /** A part's place: the reference that it came under, and its number. */
  const placeOf = ({ reference }: Recorded) => reference.split(':').slice(2)
  const parts = async () => {
    const all: Recorded[] = []
    for await (const part of simulator.admin.parts()) all.push(part)
    return all
  }
  const messages = async () => {
    const all: Recorded[] = []
    for await (const message of simulator.admin.submissions()) all.push(message)
    return all
  }
  const auditIsClean = async () => assert.deepEqual((await audit(stack.db)).violations, [])

  for (const end of ['stop', 'kill'] as const)
    it(`are completed by another consumer (after ${end}), part by part, and are delivered once`, async () => {
      await simulator.admin.change(SECOND_PART_FAILS)
      const first = await start({ retries: NEVER })
      await topUp(first.url, CUSTOMER, DEPOSIT)
      await send(first.url, { customer_id: CUSTOMER, recipients: [NUMBER], text: THREE_PARTS })
      // When the connection took too long, no part left, and the message waits.
      const partsAreTaken = async () => {
        const [row] = await rows()
        if (row?.status !== 'pending') return false
        if (row.possibly_sent === 0 && row.attempts > 0) await makeAllDue(stack.db)
        return row.possibly_sent === 1
      }
      await eventually('some parts are taken', partsAreTaken, BOUND_MS)
      await first[end]()
      await simulator.admin.change({ poisonTexts: [] })
      await start()
      await makeAllDue(stack.db)
      await untilAll('it is delivered', (row) => row.delivery_status === 'delivered')
      const came = await parts()
      const [one, two, three] = [1, 2, 3].map((no) => came.find((part) => placeOf(part)[1] === `${no}/3`))
      // The handset gets each part once, all under one reference.
      const [row] = await rows()
      // On a starved machine a call may run out of time: then parts come again, marked.
      if (row?.possible_duplicate === 0) assert.deepEqual([one?.seen, two?.taken, three?.seen], [1, 1, 1])
      assert.equal(came.length, 3)
      assert.equal(new Set(came.map((part) => placeOf(part)[0])).size, 1)
      assert.deepEqual(
        (await messages()).map(({ text, taken }) => [text, taken]),
        [[THREE_PARTS, 1]],
      )
      const applied = await look(
        stack.db,
        sql<{ part_no: number }>`SELECT part_no FROM receipts WHERE state = 'applied' ORDER BY part_no`,
      )
      assert.deepEqual(
        applied.map(({ part_no }) => part_no),
        [1, 2, 3],
      )
      await auditIsClean()
    })

  it('never share a reference at one number while they are open, whichever consumer has them', async () => {
    await simulator.admin.change({ latency: { kind: 'uniform', minMs: 0, maxMs: 200 }, throttleRate: 0.2 })
    const { url } = await start()
    await start({ role: 'consumer' })
    await topUp(url, CUSTOMER, DEPOSIT)
    const count = 60
    for (let message = 0; message < count; message++)
      await send(url, {
        customer_id: CUSTOMER,
        recipients: [NUMBER],
        text: `${message} `.padEnd(200, 'x'),
        type: message % 2 ? 'express' : 'normal',
      })
    await untilAll('all are done', ({ status }) => status === 'done')
    const came = await parts()
    // A message is told by its text, of which each part has its own; both parts are under one reference.
    const references = Map.groupBy(came, (part) => placeOf(part)[0])
    assert.equal(references.size, count)
    for (const ofOne of references.values())
      assert.deepEqual(ofOne.map((part) => placeOf(part)[1]).toSorted(), ['1/2', '2/2'])
    const whole = await messages()
    const marked = (await rows()).filter((row) => row.possible_duplicate === 1)
    assert.equal(whole.length, count)
    assert.ok(whole.filter(({ taken }) => taken > 1).length <= marked.length)
    await auditIsClean()
  })

  it("keep to their operator's throughput with the parts that are submitted again", async () => {
    await simulator.admin.change({ throttleRate: 0.3 })
    const { url } = await start({ throughput: THROUGHPUT })
    await topUp(url, CUSTOMER, DEPOSIT)
    await send(url, { customer_id: CUSTOMER, recipients: recipients(15), text: THREE_PARTS })
    await untilAll('all are done', ({ status }) => status === 'done')
    const { smpp } = await simulator.admin.summary()
    assert.ok(smpp && smpp.submitted > 45)
    const seconds = smpp.rates.map(({ second }) => second)
    const lasted = Math.max(...seconds) - Math.min(...seconds) + 1
    assert.ok(smpp.submitted <= THROUGHPUT * lasted, JSON.stringify(smpp.rates))
    // A call that begins some milliseconds late may meet the next one, of three parts at most.
    assert.ok(smpp.ratePeak <= THROUGHPUT + 3, JSON.stringify(smpp.rates))
  })
})
