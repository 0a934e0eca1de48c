import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { balanceOf, post, recipients, topUp, untilDecided } from '../support/api.ts'
import type { Answer } from '../support/api.ts'
import { countRows, look } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { holdBalance } from '../support/holdBalance.ts'
import type { ProblemBody } from '../support/app.ts'

/** A request that waited for longer is refused. */
const WAIT_MAX_MS = 2_000
const CUSTOMER = 1
/** Another session locks this customer's balance: the accepting transaction hangs, and later requests wait behind it. */
const HELD = 2
const BALANCE = 100_000

describe('while the accepting transaction hangs', () => {
  let engine: TestEngine
  beforeEach(async () => {
    engine = await startTestEngine()
    await topUp(engine.url, CUSTOMER, BALANCE)
    await topUp(engine.url, HELD, 10)
  })
  afterEach(() => engine.stop())

  const body = (customer: number, to: number) => ({
    customer_id: customer,
    text: 'hi',
    recipients: recipients(to),
    type: 'normal',
  })
  /** @returns the status of the request that hung, which is decided after `meanwhile`. */
  async function whileHanging(meanwhile: () => Promise<void>): Promise<number> {
    const release = await holdBalance(engine.db, HELD)
    const hung = untilDecided(() => post(engine.url, '/sms/send', body(HELD, 1)))
    try {
      await eventually('the transaction hangs', async () => (await countWaiting()) > 0)
      await meanwhile()
    } finally {
      await release()
    }
    return (await hung).status
  }
  /** Sessions of the server that are at the statement which locks balances. */
  async function countWaiting(): Promise<number> {
    const rows = await look(
      engine.db,
      sql`SELECT id FROM information_schema.processlist
        WHERE info LIKE ${'%ORDER BY user_id FOR UPDATE%'} AND info NOT LIKE ${'%processlist%'}`,
    )
    return rows.length
  }
  it('a request whose client has gone is neither charged nor sent', async () => {
    const { hostname, port } = new URL(engine.url)
    const text = JSON.stringify(body(CUSTOMER, 3))
    const status = await whileHanging(async () => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      socket.write(
        `POST /sms/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${text.length}\r\n\r\n${text}`,
      )
      // An answer on a later connection shows that the bytes of this one have arrived.
      for (let answers = 0; answers < 3; answers++) await fetch(`${engine.url}/healthz`)
      socket.destroy()
    })
    assert.equal(status, 200)
    const refused = 'chapar_accept_decisions_total{class="normal",decision="unavailable"}'
    await eventually('it is refused', async () => (await engine.metric(refused)) === 1)
    await engine.drain()
    assert.equal(await balanceOf(engine.url, CUSTOMER), BALANCE)
    const { sms_requests, sms_status } = await countRows(engine.db)
    assert.deepEqual({ sms_requests, sms_status }, { sms_requests: 1, sms_status: 1 })
    assert.equal((await engine.operatorA.admin.summary()).taken, 1)
    assert.deepEqual((await audit(engine.db)).violations, [])
  })

  it('a customer who offers more than may wait is told to come back, and others are accepted', async () => {
    const OTHER = 3
    await topUp(engine.url, OTHER, 1)
    const answers: Promise<Answer<ProblemBody>>[] = []
    const startedMs = performance.now()
    let others: Promise<Answer<unknown>> | undefined
    const status = await whileHanging(async () => {
      for (let sent = 0; sent < 11; sent++) answers.push(post(engine.url, '/sms/send', body(CUSTOMER, 500)))
      const refused = await Promise.race(answers)
      assert.deepEqual([refused.status, refused.body.code], [503, 'overloaded'])
      assert.equal(refused.headers.get('retry-after'), '1')
      others = untilDecided(() => post(engine.url, '/sms/send', body(OTHER, 1)))
    })
    assert.equal(status, 200)
    assert.equal((await others)?.status, 200)
    const statuses = (await Promise.all(answers)).map((answer) => answer.status)
    const count = (status: number) => statuses.filter((each) => each === status).length
    const [accepted, refused] = [count(200), count(503)]
    assert.equal(accepted + refused, 11, statuses.join())
    // On a slow machine some of those that may wait do so for too long.
    if (performance.now() - startedMs < WAIT_MAX_MS) assert.equal(accepted, 10, statuses.join())
    assert.ok(accepted >= 1 && refused >= 1, statuses.join())
    assert.equal(await balanceOf(engine.url, CUSTOMER), BALANCE - accepted * 500)
  })
})
