import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Recorded } from '../../simulator/record.ts'
import { audit } from '../../src/audit/index.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { balanceOf, recipients, send, topUp } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { makeRetriesDue, startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const CUSTOMER = 1
const DEPOSIT = 10_000
const PER_KIND = 80
const BOUND_MS = 240_000
const PRICE = { normal: 1, express: 3 }
const KINDS = [
  { type: 'normal', text: 'short' },
  { type: 'normal', text: 'of three parts '.padEnd(400, 'x') },
  { type: 'express', text: 'short' },
  { type: 'express', text: 'از دو بخش '.padEnd(100, 'م') },
] as const

interface Row {
  recipient: string
  type: 'normal' | 'express'
  status: string
  possibly_sent: number
  possible_duplicate: number
}

describe('an engine whose SMPP operator throttles, cuts links and loses responses', function () {
  this.timeout(BOUND_MS + 60_000)
  let engine: TestEngine
  let simulator: SimulatorProcess
  const folder = mkdtempSync(join(tmpdir(), 'chapar-smpp-storm-'))
  let rows: Map<string, Row>
  const messages: Recorded[] = []
  const parts: Recorded[] = []

  before(async () => {
    simulator = await spawnSimulator({ NAME: 'north', SEED: '31', SMPP_PORT: '0' })
    await simulator.admin.behave({
      ...{
        latency: { kind: 'uniform', minMs: 0, maxMs: 20 },
        throttleRate: 0.1,
        smppThrottleStatus: 'either',
      },
      ...{ dropBeforeAcceptRate: 0.01, dropAfterAcceptRate: 0.01, unavailableRate: 0.05, rejectRate: 0.02 },
      ...{ hangBeforeAcceptRate: 0.01, hangAfterAcceptRate: 0.01, repeatRate: 0.05, receiptRate: 0 },
    })
    const file = join(folder, 'operators.yml')
    writeFileSync(
      file,
      `operators: [{ name: north, protocol: smpp, url: '${simulator.smppUrl}', system_id: chapar, connections: 2, window: 8 }]`,
    )
    engine = await startTestEngine({
      env: { OPERATORS_FILE: file, OPERATOR_A_URL: '', OPERATOR_B_URL: '', ON_UNKNOWN: 'retry' },
    })
    await topUp(engine.url, CUSTOMER, DEPOSIT)
    for (const [at, { type, text }] of KINDS.entries())
      await send(engine.url, {
        ...{ customer_id: CUSTOMER, type, text },
        recipients: recipients(PER_KIND, at * PER_KIND),
      })
    await eventually(
      'all have come to their end',
      async () => {
        await makeRetriesDue(engine.db)
        const [open] = await look(
          engine.db,
          sql<{ n: number }>`SELECT (SELECT COUNT(*) FROM sms_status WHERE status IN ('pending', 'sending'))
            + (SELECT COUNT(*) FROM outbox_events) AS n`,
        )
        return Number(open?.n) === 0
      },
      BOUND_MS,
    )
    const read = await look(
      engine.db,
      sql<Row>`SELECT s.recipient, r.type, s.status, s.possibly_sent, s.possible_duplicate
        FROM sms_status s JOIN sms_requests r USING (sms_identifier)`,
    )
    rows = new Map(read.map((row) => [row.recipient, row]))
    for await (const each of simulator.admin.submissions()) messages.push(each)
    for await (const each of simulator.admin.parts()) parts.push(each)
  })
  after(async () => {
    await engine.stop()
    await simulator.stop()
    rmSync(folder, { recursive: true })
  })

  const rowOf = ({ to }: Recorded) => {
    const row = rows.get(to) ?? rows.get(to.replace('+', ''))
    return row ?? assert.fail(`${to} is in no table`)
  }

  it('brings every message to one end, charges what is done, and its books balance', async () => {
    assert.equal(rows.size, KINDS.length * PER_KIND)
    const done = [...rows.values()].filter(({ status }) => status === 'done')
    const charged = done.reduce((sum, { type }) => sum + PRICE[type], 0)
    assert.equal(await balanceOf(engine.url, CUSTOMER), DEPOSIT - charged)
    assert.deepEqual((await audit(engine.db)).violations, [])
  })

  it('has nothing taken twice that is not marked as a repeat, part by part', async () => {
    const twice = [...messages, ...parts].filter(({ taken }) => taken > 1)
    assert.deepEqual(
      twice.filter((each) => rowOf(each).possible_duplicate === 0),
      [],
    )
    const again = await Promise.all(
      (['normal', 'express'] as const).map((type) =>
        engine.metric(`chapar_operator_possible_duplicates_total{class="${type}",operator="north"}`),
      ),
    )
    const repeats = twice.filter((each) => each.reference.split(':').length === 2)
    const extra = repeats.reduce((sum, { taken }) => sum + taken - 1, 0)
    assert.ok(extra <= again.reduce((sum, count) => sum + count), `${extra} more than once, ${again.join()}`)
  })

  it('says sent only of what was taken whole, and possibly sent of whatever else was taken', () => {
    const whole = new Set(messages.filter(({ taken }) => taken > 0).map((each) => rowOf(each).recipient))
    const some = new Set(
      [...messages, ...parts].filter(({ taken }) => taken > 0).map((each) => rowOf(each).recipient),
    )
    for (const { recipient, status, possibly_sent } of rows.values()) {
      if (status === 'done') assert.ok(whole.has(recipient), `${recipient} is done`)
      else if (some.has(recipient)) assert.equal(possibly_sent, 1, `${recipient} was taken`)
    }
  })

  it('has all parts of a message under one reference, however often they were submitted', () => {
    const references = Map.groupBy(parts, ({ to }) => to)
    assert.equal(references.size, 2 * PER_KIND)
    for (const [to, ofMessage] of references)
      assert.equal(new Set(ofMessage.map(({ reference }) => reference.split(':')[2])).size, 1, to)
    // Some were submitted again, and the others alone.
    assert.ok(parts.some(({ seen }) => seen > 1))
  })
})
