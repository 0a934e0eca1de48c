import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { READY_ENVELOPES_MAX } from '../../src/outbox/topology.ts'
import type { SimulatorProcess } from '../operators/simulatorProcess.ts'
import { balanceOf, history, recipients, send, topUp } from '../support/api.ts'
import type { Accepted } from '../support/api.ts'
import { look } from '../support/arrange.ts'
import { assertAllEnded, assertRecordsAgree, countMarked } from '../support/ending.ts'
import { makeRetriesDue, startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { accept, startHttpOperator } from './httpOperator.ts'
import type { HttpOperator } from './httpOperator.ts'

const CUSTOMER = 1
const DEPOSIT = 10_000
/** Failed calls that open a breaker. */
const VOLUME_THRESHOLD = 5

/** What the engine counted, read from its metrics. */
interface Counts {
  aAccepted: number
  aRejected: number
  aUnavailable: number
  bAccepted: number
  done: number
  failed: number
  refunds: number
  refunded: number
  duplicates: number
}

async function countsOf(engine: TestEngine): Promise<Counts> {
  const ofBoth = async (series: (type: string) => string) =>
    (await engine.metric(series('normal'))) + (await engine.metric(series('express')))
  const operator = (name: string, outcome: string) =>
    engine.metric(`chapar_operator_outcomes_total{operator="operator-${name}",outcome="${outcome}"}`)
  return {
    aAccepted: await operator('a', 'accepted'),
    aRejected: await operator('a', 'rejected'),
    aUnavailable: await operator('a', 'unavailable'),
    bAccepted: await operator('b', 'accepted'),
    done: await ofBoth((type) => `chapar_delivery_outcomes_total{class="${type}",outcome="done"}`),
    failed: await ofBoth((type) => `chapar_delivery_outcomes_total{class="${type}",outcome="failed"}`),
    refunds: await ofBoth((type) => `chapar_refunds_total{class="${type}"}`),
    refunded: await ofBoth((type) => `chapar_refunded_amount_total{class="${type}"}`),
    duplicates: await ofBoth((type) => `chapar_possible_duplicates_total{class="${type}"}`),
  }
}

const stateOf = async (engine: TestEngine, operator: string) => {
  for (const state of ['closed', 'open', 'half-open']) {
    const series = `chapar_breaker_state{operator="operator-${operator}",state="${state}"}`
    if ((await engine.metric(series)) === 1) return state
  }
  return 'none'
}
const isNotClosed = async (engine: TestEngine, operator: string) =>
  (await stateOf(engine, operator)) !== 'closed'

/** How often each reference came to any of the simulators so far. */
async function seenBy(simulators: SimulatorProcess[]): Promise<Map<string, number>> {
  const seen = new Map<string, number>()
  for (const { admin } of simulators)
    for await (const record of admin.submissions())
      seen.set(record.reference, (seen.get(record.reference) ?? 0) + record.seen)
  return seen
}

describe('an engine whose first operator fails', () => {
  let engine: TestEngine
  const accepted: Accepted[] = []
  before(async () => {
    engine = await startTestEngine()
    await topUp(engine.url, CUSTOMER, DEPOSIT)
  })
  after(() => engine.stop())

  /** One message, to its end. */
  const sendOne = async (type: 'normal' | 'express' = 'normal') => {
    accepted.push(await send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1), type }))
    await engine.drain()
  }

  it('hands every message to the second, opens the breaker, and counts what was sent, no more and no less', async () => {
    await engine.operatorA.admin.behave({ outage: 'answer' })
    for (let sent = 0; sent < VOLUME_THRESHOLD - 1; sent++) await sendOne()
    assert.equal(await stateOf(engine, 'a'), 'closed')
    await sendOne('express')
    assert.ok(await isNotClosed(engine, 'a'))
    await sendOne()
    await sendOne('express')

    const counts = await countsOf(engine)
    const [a, b] = await Promise.all([engine.operatorA.admin.summary(), engine.operatorB.admin.summary()])
    assert.equal(b.taken, accepted.length)
    const askedA = [...(await seenBy([engine.operatorA])).values()].reduce((sum, seen) => sum + seen, 0)
    assert.ok(askedA >= VOLUME_THRESHOLD)
    assert.deepEqual(counts, {
      aAccepted: 0,
      aRejected: 0,
      aUnavailable: askedA,
      bAccepted: accepted.length,
      done: accepted.length,
      failed: 0,
      refunds: 0,
      refunded: 0,
      duplicates: 0,
    })
    assert.equal(a.taken, 0)
    assert.equal(await stateOf(engine, 'b'), 'closed')
    const changes = engine.log.lines().filter((line) => line['message'] === 'breaker changed')
    assert.ok(changes.some((line) => line['operator'] === 'operator-a' && line['state'] === 'open'))
    const items = await history(engine.url, `user_id=${CUSTOMER}`)
    assert.ok(items.every(({ status, provider }) => status === 'done' && provider === 'operator-b'))
  })

  it('returns to the first when that returns', async () => {
    await engine.operatorA.admin.behave({})
    const before = await countsOf(engine)
    await eventually('the breaker asks for a probe', async () => (await stateOf(engine, 'a')) === 'half-open')
    await sendOne()
    assert.equal(await stateOf(engine, 'a'), 'closed')
    await sendOne('express')
    const counts = await countsOf(engine)
    assert.deepEqual([counts.aAccepted - before.aAccepted, counts.bAccepted - before.bAccepted], [2, 0])
  })

  it('counts a rejected number once as a refund, of its price', async () => {
    const [good = '', bad = ''] = recipients(2, 500)
    await engine.operatorA.admin.behave({ rejectedNumbers: [bad] })
    const [balance, before] = [await balanceOf(engine.url, CUSTOMER), await countsOf(engine)]
    const request = { customer_id: CUSTOMER, recipients: [good, bad], type: 'express' as const }
    accepted.push(await send(engine.url, request))
    await engine.drain()
    const counts = await countsOf(engine)
    const moved = Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, count - before[name as keyof Counts]]),
    )
    assert.deepEqual(moved, {
      aAccepted: 1,
      aRejected: 1,
      aUnavailable: 0,
      bAccepted: 0,
      done: 1,
      failed: 1,
      refunds: 1,
      refunded: 3,
      duplicates: 0,
    })
    assert.equal(await balanceOf(engine.url, CUSTOMER), balance - 3)
  })

  it('hands on a text that breaks the first operator, alone, and its neighbours stay', async () => {
    await engine.operatorA.admin.behave({ poisons: [{ text: 'poison', status: 500 }] })
    const [good, bad] = await Promise.all([
      send(engine.url, { customer_id: CUSTOMER, recipients: recipients(80, 1_000) }),
      send(engine.url, { customer_id: CUSTOMER, recipients: recipients(1, 2_000), text: 'a poison' }),
    ])
    accepted.push(good, bad)
    await engine.drain()
    const providers = async ({ sms_identifier }: Accepted) =>
      new Set(
        (await history(engine.url, `user_id=${CUSTOMER}&sms_identifier=${sms_identifier}`)).map(
          ({ provider }) => provider,
        ),
      )
    assert.deepEqual([...(await providers(good)), ...(await providers(bad))], ['operator-a', 'operator-b'])
  })

  it('leaves every message at its end, sent once, and the books balanced', async () => {
    await assertAllEnded(engine.db, accepted)
    await assertRecordsAgree(engine.db, [engine.operatorA, engine.operatorB])
    assert.equal(await countMarked(engine.db), 0)
  })
})

describe('an engine whose operators are both away', () => {
  let engine: TestEngine
  afterEach(() => engine.stop())

  const open = async (env: Record<string, string> = {}) => {
    engine = await startTestEngine({ env })
    await topUp(engine.url, CUSTOMER, DEPOSIT)
    for (const { admin } of operators()) await admin.behave({ outage: 'answer' })
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

  it('for longer than the grace fails what was tried, and delivers afterwards what never was', async () => {
    await open({ UNAVAILABLE_GRACE: '500ms' })
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
})

describe('an engine whose normal traffic is stuck', () => {
  const SLOW = 'slow'
  let operator: HttpOperator
  let engine: TestEngine
  let release = () => {}
  let hanging = 0
  before(async () => {
    const released = new Promise<void>((resolve) => (release = resolve))
    operator = await startHttpOperator(async (messages) => {
      if (messages.some(({ text }) => text === SLOW)) {
        hanging++
        await released
      }
      return messages.map(accept)
    })
    const env = { OPERATOR_A_URL: operator.url, OPERATOR_B_URL: operator.url, OPERATOR_CONCURRENCY: '1' }
    engine = await startTestEngine({ env })
    await topUp(engine.url, CUSTOMER, DEPOSIT)
  })
  after(async () => {
    release()
    await engine.stop()
    await operator.close()
  })

  it('still delivers express: a full normal queue and hanging normal calls take nothing of it', async () => {
    const stuck: Accepted[] = []
    for (let sent = 0; sent < 30; sent++) {
      const request = { customer_id: CUSTOMER, recipients: recipients(100, sent * 100), text: SLOW }
      stuck.push(await send(engine.url, request))
    }
    const published = () =>
      engine.metric('chapar_published_envelopes_total{class="normal",result="confirmed"}')
    await eventually('the normal queue is full and a call hangs', async () => {
      return hanging > 0 && (await published()) >= READY_ENVELOPES_MAX
    })

    const express = await send(engine.url, {
      customer_id: CUSTOMER,
      recipients: recipients(3),
      type: 'express',
    })
    await eventually('express is done', async () => {
      const items = await history(engine.url, `user_id=${CUSTOMER}&sms_identifier=${express.sms_identifier}`)
      return items.every(({ status }) => status === 'done')
    })
    assert.deepEqual(
      (await history(engine.url, `user_id=${CUSTOMER}&status=done`)).map(({ type }) => type),
      ['express', 'express', 'express'],
    )

    release()
    await engine.drain()
    await assertAllEnded(engine.db, [...stuck, express])
  })
})
