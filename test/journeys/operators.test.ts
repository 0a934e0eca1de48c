import assert from 'node:assert/strict'
import { balanceOf, history, recipients, send, topUp } from '../support/api.ts'
import type { Accepted } from '../support/api.ts'
import { assertAllEnded, assertRecordsAgree, countMarked } from '../support/ending.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { countsOf, isNotClosed, seenBy, stateOf } from './counts.ts'
import type { Counts } from './counts.ts'

const CUSTOMER = 1
const DEPOSIT = 10_000
/** Failed calls that open a breaker. */
const VOLUME_THRESHOLD = 5
const MORE_MAX = 30

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
    await engine.operatorA.admin.behave({ outage: 'http503' })
    for (let sent = 0; sent < VOLUME_THRESHOLD - 1; sent++) await sendOne()
    assert.equal(await stateOf(engine, 'a'), 'closed')
    await sendOne('express')
    assert.equal(await stateOf(engine, 'a'), 'closed', 'each class has a breaker of its own')
    // On a machine that is slow for a moment, the first failures no longer count when the last one comes.
    for (let more = 0; more < MORE_MAX && !(await isNotClosed(engine, 'a')); more++) await sendOne()
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
    const changes = engine.log.lines().filter((line) => line['message'] === 'circuit breaker opened')
    assert.ok(changes.some((line) => line['operator'] === 'operator-a'))
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
    await engine.operatorA.admin.behave({ poisonTexts: [{ text: 'poison', status: 500 }] })
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
