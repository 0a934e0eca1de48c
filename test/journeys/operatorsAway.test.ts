import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { balanceOf, history, recipients, send, topUp } from '../support/api.ts'
import type { Accepted } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { assertAllEnded, assertRecordsAgree } from '../support/ending.ts'
import { makeRetriesDue, startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { countsOf, isNotClosed, seenBy } from './counts.ts'

const CUSTOMER = 1
const DEPOSIT = 10_000

describe('an engine whose operators are both away', () => {
  let engine: TestEngine
  afterEach(() => engine.stop())

  const open = async (env: Record<string, string> = {}) => {
    engine = await startTestEngine({ env })
    await topUp(engine.url, CUSTOMER, DEPOSIT)
    for (const { admin } of operators()) await admin.behave({ outage: 'http503' })
  }
  const operators = () => [engine.operatorA, engine.operatorB]
  const bothOpen = () =>
    eventually('both breakers are open', async () => {
      await makeRetriesDue(engine.db)
      return (await isNotClosed(engine, 'a')) && (await isNotClosed(engine, 'b'))
    })

  it('for a while keeps every message, and hands each over once when they are back: no failure, no refund', async () => {
    await open()
    const accepted: Accepted[] = []
    for (let sent = 0; sent < 40; sent++) {
      const type = sent % 4 === 0 ? 'express' : 'normal'
      accepted.push(
        await send(engine.url, {
          customer_id: CUSTOMER,
          recipients: recipients(1 + (sent % 5), sent * 10),
          type,
        }),
      )
    }
    await bothOpen()
    assert.deepEqual(await history(engine.url, `user_id=${CUSTOMER}&status=done`), [])
    for (const { admin } of operators()) await admin.behave({})
    await engine.drain()

    await assertAllEnded(engine.db, accepted)
    await assertRecordsAgree(engine.db, operators())
    const total = accepted.reduce((sum, each) => sum + each.recipients, 0)
    const { done, failed, refunds, aAccepted, bAccepted, duplicates } = await countsOf(engine)
    assert.deepEqual([done, failed, refunds, duplicates], [total, 0, 0, 0])
    assert.equal(aAccepted + bAccepted, total)
    const cost = accepted.reduce((sum, each) => sum + each.cost, 0)
    assert.equal(await balanceOf(engine.url, CUSTOMER), DEPOSIT - cost)
  })

  it('for longer than its attempts last fails what was tried, and delivers afterwards what never was', async () => {
    // More than a breaker needs, so that the last attempt is a probe.
    await open({
      ...{ MAX_ATTEMPTS: '6', RETRY_EXPRESS_MAX_ATTEMPTS: '6' },
      ...{ RETRY_MAX_DELAY: '1s', RETRY_EXPRESS_MAX_DELAY: '1s' },
      // What a call without an answer left unknown would be held while the operators cannot be asked.
      ON_UNKNOWN: 'retry',
    })
    const tried = [
      await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1) }),
      await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1), type: 'express' }),
    ]
    await eventually(
      'what was tried has failed',
      async () => (await history(engine.url, `user_id=${CUSTOMER}&status=failed`)).length === tried.length,
    )
    assert.equal(await balanceOf(engine.url, CUSTOMER), DEPOSIT)
    assert.equal((await countsOf(engine)).refunds, tried.length)
    tried.push(await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1) }))
    await bothOpen()

    const backlog: Accepted[] = []
    for (let sent = 0; sent < 10; sent++)
      backlog.push(await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(30, sent * 100) }))
    // Probes go on meanwhile, each with one message of the backlog.
    const calls = async () => (await engine.operatorA.admin.summary()).calls['outage'] ?? 0
    const callsBefore = await calls()
    await eventually('a probe failed', async () => (await calls()) > callsBefore)
    const seenInOutage = await seenBy(operators())
    for (const { admin } of operators()) await admin.behave({})
    await engine.drain()

    await assertAllEnded(engine.db, [...tried, ...backlog])
    await assertRecordsAgree(engine.db, operators())
    const rows = await look(
      engine.db,
      sql<{
        id: string
        no: number
        status: string
      }>`SELECT LOWER(HEX(sms_identifier)) AS id, recipient_no AS no, status
        FROM sms_status`,
    )
    const ofBacklog = new Set(backlog.map(({ sms_identifier }) => sms_identifier.replaceAll('-', '')))
    const wasSeen = new Set([...seenInOutage.keys()].map((reference) => reference.replaceAll('-', '')))
    const untried = rows.filter(({ id, no }) => ofBacklog.has(id) && !wasSeen.has(`${id}:${no}`))
    assert.ok(untried.length >= 200, `${untried.length} of the backlog were never tried`)
    assert.ok(
      untried.every(({ status }) => status === 'done'),
      'never tried and failed',
    )
    const failed = rows.filter(({ status }) => status === 'failed').length
    const { refunds } = await countsOf(engine)
    assert.equal(refunds, failed)
    assert.equal(await balanceOf(engine.url, CUSTOMER), DEPOSIT - (rows.length - failed))
  })

  it('for longer than the validity refunds what waits, in the queue and in the outbox, and sends none of it later', async () => {
    await open({ VALIDITY_NORMAL: '4s', VALIDITY_EXPRESS: '2s', OPERATOR_BATCH_MAX: '1' })
    const opened: Accepted[] = []
    await eventually('both breakers are open', async () => {
      // What expires before it is called opens none.
      if (await isOutboxEmpty(engine))
        for (const type of ['normal', 'express'] as const)
          opened.push(await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(5), type }))
      await makeRetriesDue(engine.db)
      return (await isNotClosed(engine, 'a')) && (await isNotClosed(engine, 'b'))
    })
    const backlog: Accepted[] = []
    for (let sent = 0; sent < 10; sent++)
      backlog.push(await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(30, sent * 100) }))
    const total = [...opened, ...backlog].reduce((sum, each) => sum + each.recipients, 0)
    await eventually(
      'everything has expired',
      async () => (await isOutboxEmpty(engine)) && (await countFailed(engine)) === total,
    )
    assert.equal(await balanceOf(engine.url, CUSTOMER), DEPOSIT)
    for (const { admin } of operators()) await admin.behave({})
    const later: Accepted[] = []
    // The first may expire behind a breaker that is still open.
    await eventually('a later one is sent', async () => {
      later.push(await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1, 9_000) }))
      await engine.drain()
      return (await countsOf(engine)).done > 0
    })
    await assertAllEnded(engine.db, [...opened, ...backlog, ...later], {
      validityMs: { normal: 4_000, express: 2_000 },
    })
    const sent = total + later.length - (await countFailed(engine))
    assert.ok(sent <= later.length, 'one of those that had expired was sent')
    await eventually('each is counted once', async () => (await countsOf(engine)).done === sent)
    await assertRecordsAgree(engine.db, operators())
  })
})

describe('an engine without a consumer', () => {
  it('refunds what waits until its time is over', async () => {
    const env = { ROLE: 'api,relay', VALIDITY_NORMAL: '2s', VALIDITY_EXPRESS: '1s' }
    const engine = await startTestEngine({ env })
    try {
      await topUp(engine.url, CUSTOMER, DEPOSIT)
      const accepted: Accepted[] = []
      for (const type of ['normal', 'express'] as const)
        accepted.push(await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(150), type }))
      await eventually('everything has expired', async () => (await countFailed(engine)) === 300)
      assert.ok(await isOutboxEmpty(engine))
      await assertAllEnded(engine.db, accepted, { validityMs: { normal: 2_000, express: 1_000 } })
      assert.equal(await balanceOf(engine.url, CUSTOMER), DEPOSIT)
      for (const type of ['normal', 'express'])
        assert.equal(await engine.metric(`chapar_expired_recipients_total{class="${type}"}`), 150)
    } finally {
      await engine.stop()
    }
  })
})

async function countFailed({ db }: TestEngine): Promise<number> {
  return (await look(db, sql`SELECT 1 FROM sms_status WHERE status = 'failed'`)).length
}

async function isOutboxEmpty({ db }: TestEngine): Promise<boolean> {
  return (await look(db, sql`SELECT 1 FROM outbox_events LIMIT 1`)).length === 0
}
