import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { announceOperators, indexRoutes, writeControl } from '../../src/operators/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { PLAIN_SENDING } from '../../src/primitives/sendingPlan.ts'
import { report } from '../../src/processes/index.ts'
import { readTimeline } from '../../src/timeline/index.ts'
import { CUSTOMER, RETRY, openBench, openDelivery } from '../delivery/bench.ts'
import type { Bench } from '../delivery/bench.ts'
import { UNAVAILABLE, testOperator } from '../delivery/operators.ts'
import { claimAll } from '../delivery/settlements.ts'
import { operatorOf } from '../operators/operatorOf.ts'
import { breakerOf, stateOf } from '../processes/stateOf.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { recipientOf, timelineOf } from './timelineOf.ts'

const HOUR_MS = 3_600_000
const routeTo = (prefix: string, operators: string[]) => ({
  ...{ prefix, type: null, userId: null, sender: null, operators },
})

describe('the timeline of a message that waits says for what', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
  })
  afterEach(() => bench.close())

  const waitingOf = async (id: string, no = 1) => {
    const { waiting } = await recipientOf(bench.db, id, { after: no - 1, limit: 1 })
    assert.ok(waiting, 'it waits')
    return waiting
  }
  const reports = (state = stateOf({ handedOverPerSecond: 10 })) =>
    report(bench.db, { id: newIdOf(bench.db)(), roles: ['relay', 'consumer'], version: '1.0.0' }, state)
  const announce = () =>
    announceOperators(
      bench.db,
      ['a', 'b'].map((name) => operatorOf({ name, url: 'http://127.0.0.1:1' })),
    )
  const control = (name: string, state: 'paused' | 'drained' | 'active') =>
    transact(bench.db, 'test.control', (tx) =>
      writeControl(tx, name, { state, reason: 'maintenance' }, 'somebody'),
    )

  it('its turn, with about how many recipients are before it', async () => {
    await reports()
    const ids = [await bench.accept({ count: 3 }), await bench.accept({ count: 120 }), await bench.accept()]
    const [first = '', second = '', third = ''] = ids
    assert.deepEqual((await waitingOf(first)).before, { recipients: 0, isLeast: false })
    assert.deepEqual((await waitingOf(second)).before, { recipients: 3, isLeast: false })
    assert.deepEqual((await waitingOf(second, 101)).before, { recipients: 103, isLeast: false })
    const last = await waitingOf(third)
    assert.deepEqual([last.for, last.before], ['turn', { recipients: 123, isLeast: false }])
    assert.ok(last.handOverAt)
    await fund(bench.db, 8, 1_000)
    // Another customer has its turn between those of the first.
    const other = await waitingOf(await sendOne(bench.db, { userId: 8, to: 1 }))
    assert.ok(other.before && other.before.recipients < 123)
  })

  it('its turn in its own class alone', async () => {
    await bench.accept({ count: 50 })
    const express = await waitingOf(await bench.accept({ type: 'express' }))
    assert.deepEqual([express.for, express.before?.recipients, express.handOverAt], ['turn', 0, null])
  })

  it('its time, when it is scheduled', async () => {
    const sendAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + HOUR_MS)
    const id = await sendOne(bench.db, { userId: CUSTOMER, to: 1, sendAt })
    const { steps, timelines } = await timelineOf(bench.db, id)
    assert.deepEqual(
      steps.map(({ step }) => step),
      ['accepted', 'charged', 'scheduled'],
    )
    const [only] = timelines
    assert.deepEqual(
      [only?.status, only?.waiting?.for, only?.waiting?.until, only?.waiting?.handOverAt],
      ['SCHEDULED', 'schedule', sendAt, sendAt],
    )
  })

  it('the time at which its sending rate or window lets it leave, in steps of its own', async () => {
    const sendAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + HOUR_MS)
    const minute = (after: number) => (Math.floor(Date.now() / 60_000) + after) % 1_440
    const window = { fromMinute: minute(120), toMinute: minute(180), timeZone: 'UTC', hasExpress: false }
    const plans = [
      ['rate', { ...PLAIN_SENDING, partsPerSecond: 1 }],
      ['window', { ...PLAIN_SENDING, window }],
    ] as const
    for (const [what, sending] of plans) {
      const id = await sendOne(bench.db, { userId: CUSTOMER, to: 30, sending, sendAt })
      const { steps } = await timelineOf(bench.db, id)
      const scheduled = steps.filter((step) => step.step === 'scheduled')
      assert.deepEqual(
        scheduled.map(({ isDelayed }) => isDelayed),
        [false, true],
      )
      assert.deepEqual(scheduled[0]?.until, sendAt)
      const last = await waitingOf(id, 30)
      assert.deepEqual([last.for, last.until, last.handOverAt], [what, scheduled[1]?.until, last.until])
    }
  })

  it('the queue, once a relay has claimed it, alone or with others', async () => {
    await reports()
    const [alone, ...merged] = [
      await bench.accept({ count: 100 }),
      await bench.accept(),
      await bench.accept(),
    ]
    for (const ids of [[alone], merged]) {
      await bench.envelope()
      for (const id of ids) {
        const waiting = await waitingOf(id)
        assert.deepEqual([waiting.for, waiting.reason], ['queue', null])
        assert.ok(waiting.until && waiting.handOverAt && waiting.handOverAt <= waiting.until)
      }
    }
  })

  it('a consumer that submits it, and another one when the lease of that has ended', async () => {
    const id = await bench.accept()
    await claimAll(bench.db, [await bench.envelope()])
    const submitted = await waitingOf(id)
    assert.ok(submitted.for === 'operator' && submitted.until)
    await bench.leaseIsOver(id)
    const left = await waitingOf(id)
    assert.ok(left.for === 'lease' && left.since && left.until && left.until > left.since)
  })

  it('its back-off, after which reason, and the queue again after that', async () => {
    await reports()
    const id = await bench.accept()
    const [a, b] = [testOperator('a', () => UNAVAILABLE), testOperator('b', () => UNAVAILABLE)]
    const retry = { ...RETRY, minDelayMs: HOUR_MS, maxDelayMs: HOUR_MS }
    await openDelivery(bench.db, [a, b], { retry }).deliver(await bench.envelope())
    const { status, waiting } = await recipientOf(bench.db, id)
    assert.deepEqual([status, waiting?.for, waiting?.reason], ['FAILED_TEMP', 'retry', 'HTTP 503'])
    assert.deepEqual(waiting?.handOverAt, waiting?.until)
    await bench.nextRound()
    assert.equal((await waitingOf(id)).for, 'queue')
  })

  it('a relay, with about how many due recipients are before it', async () => {
    await reports()
    const ids = [await bench.accept({ count: 100 }), await bench.accept({ count: 20 })]
    for (let n = 0; n < ids.length; n++) await bench.envelope()
    await look(
      bench.db,
      sql`UPDATE outbox_events SET order_key = recipients, last_error = 'HTTP 503' WHERE lane = 3`,
    )
    const [first, second] = [await waitingOf(ids[1] ?? ''), await waitingOf(ids[0] ?? '')]
    assert.deepEqual([first.for, first.before], ['relay', { recipients: 0, isLeast: false }])
    assert.deepEqual([second.for, second.before], ['relay', { recipients: 20, isLeast: false }])
    assert.ok(second.handOverAt && first.handOverAt && second.handOverAt > first.handOverAt)
  })

  it('those that relays have claimed as well, but no more of them than the queue and consumers hold', async () => {
    await reports(stateOf({ handedOverPerSecond: 10, recipientsInFlight: 30 }))
    for (let n = 0; n < 3; n++) await bench.accept({ count: 100 })
    for (let n = 0; n < 3; n++) await bench.envelope()
    const now = async () => {
      const [row] = await look(bench.db, sql<{ ms: number }>`SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 AS ms`)
      return Number(row?.ms)
    }
    const assertLeft = async (seconds: number) => {
      const id = await bench.accept()
      const startMs = await now()
      const at = (await waitingOf(id)).handOverAt?.getTime() ?? NaN
      const endMs = await now()
      const leftMs = seconds * 1_000
      assert.ok(at >= startMs + leftMs && at <= endMs + leftMs, `${at - startMs} ms left`)
    }
    await assertLeft(30)
    // Scheduled for the next seconds: it looks as if it was claimed.
    await look(bench.db, sql`UPDATE outbox_events SET recipients = 60000 WHERE lane = 3 ORDER BY id LIMIT 1`)
    // One is before it in its lane.
    await assertLeft((30 + 1_200 + 1) / 10)
  })

  it('a relay, when it is due', async () => {
    const id = await bench.accept()
    await bench.envelope()
    await look(bench.db, sql`UPDATE outbox_events SET order_key = order_key - 3600000000`)
    const waiting = await waitingOf(id)
    assert.ok(waiting.for === 'relay' && waiting.since)
  })

  it('operators, while all of its class are paused or drained, by whom and why', async () => {
    await announce()
    const id = await bench.accept()
    await control('a', 'paused')
    assert.equal((await waitingOf(id)).for, 'turn')
    await control('b', 'drained')
    const waiting = await waitingOf(id)
    assert.deepEqual(
      [
        waiting.for,
        ...waiting.blocked.map(({ name, state, by, reason }) => [name, state, by, reason].join(' ')),
      ],
      ['operators_stopped', 'a paused somebody maintenance', 'b drained somebody maintenance'],
    )
    assert.ok(waiting.since)
    await control('b', 'active')
    assert.equal((await waitingOf(id)).for, 'turn')
  })

  it('operators, while the breakers of all are open in every process, and since when', async () => {
    await announce()
    const id = await bench.accept()
    await reports(stateOf({}, [breakerOf('a', 90_000), breakerOf('b', 30_000)]))
    const { for: what, since } = await waitingOf(id)
    const [row] = await look(bench.db, sql<{ at: Date }>`SELECT reported_at AS at FROM process_states`)
    assert.deepEqual([what, since?.getTime()], ['operators_unreachable', (row?.at.getTime() ?? 0) - 30_000])
    await reports(stateOf({}, [breakerOf('a'), breakerOf('b', 30_000)]))
    assert.equal((await waitingOf(id)).for, 'turn')
  })

  it('the operators of its route, of which another number may have others', async () => {
    await announce()
    await reports(stateOf({}, [breakerOf('a'), breakerOf('b')]))
    const routes = indexRoutes({
      operators: ['a', 'b'].map((name) => operatorOf({ name, url: 'http://127.0.0.1:1' })),
      routes: [routeTo('98', ['a']), routeTo('', ['b'])],
    })
    const id = await bench.accept({ to: ['+989120000001', '+4915112345678'] })
    await control('a', 'paused')
    const query = { whose: 'anyone' as const, smsIdentifier: id, limit: 10, after: 0 }
    const { timelines = [] } = (await readTimeline(bench.db, query, routes)) ?? {}
    assert.deepEqual(
      timelines.map(({ waiting }) => [
        waiting?.for,
        waiting?.blocked.map(({ name, by }) => `${name} by ${by}`),
      ]),
      [
        ['operators_stopped', ['a by somebody']],
        ['turn', []],
      ],
    )
    assert.equal((await waitingOf(id)).for, 'turn', 'without routes it may go to both')
  })

  it('a relay and a consumer, where none runs', async () => {
    const id = await bench.accept()
    assert.deepEqual((await waitingOf(id)).missing, ['relay', 'consumer'])
    await reports()
    assert.deepEqual((await waitingOf(id)).missing, [])
  })

  it('a decision, while it is quarantined', async () => {
    const id = await bench.accept({ type: 'express' })
    const envelope = await bench.envelope('express')
    for (let process = 0; process < 2; process++) {
      const dying = testOperator('a', () => new Promise(() => {}))
      void openDelivery(bench.db, [dying]).deliver(envelope)
      await eventually('it is submitted', () => dying.calls.length > 0)
      await bench.leaseIsOver(id)
    }
    await openDelivery(bench.db, []).deliver(envelope)
    const { waiting, steps } = await recipientOf(bench.db, id)
    assert.ok(waiting?.for === 'quarantine' && waiting.reason && waiting.since)
    assert.deepEqual(
      steps.map(({ step }) => step),
      ['quarantined'],
    )
  })

  it('an answer, while an operator may have it', async () => {
    const id = await bench.accept({ onUnknown: 'hold' })
    const a = testOperator('a', () => ({ kind: 'unknown', reason: 'no answer' }))
    await openDelivery(bench.db, [a]).deliver(await bench.envelope())
    const { waiting } = await recipientOf(bench.db, id)
    assert.ok(waiting?.for === 'answer' && waiting.until)
  })

  it('another thing for each recipient', async () => {
    const id = await bench.accept({ count: 3 })
    const [claimed] = await claimAll(bench.db, [await bench.envelope()])
    assert.equal(claimed?.tasks.length, 3)
    await bench.leaseIsOver(id, 2)
    const { timelines } = await timelineOf(bench.db, id)
    assert.deepEqual(
      timelines.map(({ waiting }) => waiting?.for),
      ['operator', 'lease', 'lease'],
    )
  })
})
