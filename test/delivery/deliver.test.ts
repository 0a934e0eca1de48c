import assert from 'node:assert/strict'
import { registerOperators } from '../../src/operators/index.ts'
import type { Operators } from '../../src/operators/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { recipients } from '../support/api.ts'
import { freshSimulators } from '../support/simulators.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { DEPOSIT, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { operatorOf } from '../operators/operatorOf.ts'
import { SILENT_EVENTS } from '../operators/silentEvents.ts'

/** A port of the loopback address without a listener. */
const NO_LISTENER = 'http://127.0.0.1:1'
/** It cannot be asked for the state of a message. */
const SILENT = { statusRoute: 'missing' } as const

describe('an envelope that is delivered to the simulated operators', () => {
  let bench: Bench
  let a: SimulatorProcess
  let b: SimulatorProcess
  const registered: Operators[] = []
  beforeEach(async () => {
    bench = await openBench()
    ;[a, b] = await freshSimulators()
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    for (const operators of registered.splice(0)) await operators.close()
    await bench.close()
  })

  const delivery = (type: MessageClass = 'normal', urlOfA = a.url) => {
    const common = { connections: 32, keepsOurReference: false }
    const operators = registerOperators({
      operators: [
        operatorOf({ name: 'operator-a', url: urlOfA, ...common, deduplicatesReferences: true }),
        operatorOf({ name: 'operator-b', url: b.url, ...common }),
      ],
      events: SILENT_EVENTS,
    })
    registered.push(operators)
    return openDelivery(bench.db, operators.of(type))
  }
  const seen = async (operator: SimulatorProcess, smsIdentifier: string, recipientNo = 1) => {
    const record = await operator.admin.submission(`${smsIdentifier}:${recipientNo}`)
    return [record.seen, record.taken]
  }

  it('is done at the first operator, under the name that it gave, and leaves the outbox', async () => {
    const id = await bench.accept()
    const { deliver, reported } = delivery()
    await deliver(await bench.envelope())
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider], ['done', 'operator-a'])
    assert.match((await bench.operatorMessages())[0] ?? '', /^operator-a-/)
    assert.deepEqual([row.possiblySent, row.possibleDuplicate], [false, false])
    assert.deepEqual(await bench.outbox(), [])
    assert.deepEqual(reported.settled, ['done'])
    assert.deepEqual(
      [await seen(a, id), await seen(b, id)],
      [
        [1, 1],
        [0, 0],
      ],
    )
  })

  it('is one call for all its recipients, of whatever request, and each keeps its own name', async () => {
    const ids = [await bench.accept({ count: 30 }), await bench.accept({ count: 2, text: 'other' })]
    await delivery().deliver(await bench.envelope())
    const rows = (await Promise.all(ids.map((id) => bench.rows(id)))).flat()
    assert.equal(rows.length, 32)
    assert.ok(rows.every(({ status }) => status === 'done'))
    assert.equal(new Set(await bench.operatorMessages()).size, 32)
    assert.deepEqual((await a.admin.summary()).calls, { answered: 1 })
  })

  it('fails a number that the first operator rejects, refunds it once, and asks no other operator', async () => {
    const id = await bench.accept({ count: 3, type: 'express' })
    await a.admin.behave({ rejectedNumbers: [recipients(3)[1] ?? ''] })
    await delivery('express').deliver(await bench.envelope('express'))
    assert.deepEqual(
      (await bench.rows(id)).map(({ status, provider, possiblySent }) => [status, provider, possiblySent]),
      [
        ['done', 'operator-a', false],
        ['failed', 'operator-a', false],
        ['done', 'operator-a', false],
      ],
    )
    assert.deepEqual(await bench.refunds(), [
      { no: 2, amount: 3, description: 'refund: rejected: unknown number' },
    ])
    assert.equal(await bench.balance(), DEPOSIT - 6)
    assert.equal((await b.admin.summary()).references, 0)
    assert.deepEqual(await bench.outbox(), [])
  })

  for (const [what, failing] of [
    ['answers 503', () => a.admin.behave({ outage: 'http503' })],
    ['throttles', () => a.admin.behave({ throttleRate: 1 })],
    ['answers 500 to everything', () => a.admin.behave({ failRate: 1, failStatus: 500 })],
    ['says of each message that it is unavailable', () => a.admin.behave({ unavailableRate: 1 })],
  ] as const) {
    it(`goes to the second operator when the first ${what}, without a mark`, async () => {
      const id = await bench.accept({ count: 5 })
      await failing()
      await delivery().deliver(await bench.envelope())
      for (const row of await bench.rows(id)) {
        assert.deepEqual([row.status, row.provider], ['done', 'operator-b'])
        assert.deepEqual([row.possiblySent, row.possibleDuplicate], [false, false])
      }
      const [fromA, fromB] = await Promise.all([a.admin.summary(), b.admin.summary()])
      assert.deepEqual([fromA.taken, fromB.taken], [0, 5])
    })
  }

  it('goes to the second operator when nothing listens at the first', async () => {
    const id = await bench.accept({ count: 5 })
    await delivery('normal', NO_LISTENER).deliver(await bench.envelope())
    assert.ok((await bench.rows(id)).every((row) => row.provider === 'operator-b' && !row.possiblySent))
    assert.deepEqual([(await a.admin.summary()).references, (await b.admin.summary()).taken], [0, 5])
  })

  it('asks the same operator once more after a connection cut behind a normal message, then the next', async () => {
    const id = await bench.accept()
    await a.admin.behave({ dropAfterAcceptRate: 1, ...SILENT })
    await delivery().deliver(await bench.envelope())
    assert.deepEqual(
      [await seen(a, id), await seen(b, id)],
      [
        [2, 2],
        [1, 1],
      ],
    )
    const row = await bench.row(id)
    assert.deepEqual([row.status, row.provider], ['done', 'operator-b'])
    assert.deepEqual([row.possiblySent, row.possibleDuplicate], [true, true])
  })

  it('goes to the second operator at once after a connection cut behind an express message', async () => {
    const id = await bench.accept({ type: 'express' })
    await a.admin.behave({ dropAfterAcceptRate: 1, ...SILENT })
    await delivery('express').deliver(await bench.envelope('express'))
    assert.deepEqual(
      [await seen(a, id), await seen(b, id)],
      [
        [1, 1],
        [1, 1],
      ],
    )
    assert.equal((await bench.row(id)).possibleDuplicate, true)
  })

  it('waits no longer than a try for an operator that hangs: express for one, normal for two', async () => {
    const normal = await bench.accept()
    const express = await bench.accept({ type: 'express' })
    await a.admin.behave({ hangAfterAcceptRate: 1, ...SILENT })
    await Promise.all([
      delivery('normal').deliver(await bench.envelope('normal')),
      delivery('express').deliver(await bench.envelope('express')),
    ])
    assert.deepEqual(
      [await seen(a, normal), await seen(b, normal)],
      [
        [2, 2],
        [1, 1],
      ],
    )
    assert.deepEqual(
      [await seen(a, express), await seen(b, express)],
      [
        [1, 1],
        [1, 1],
      ],
    )
    for (const id of [normal, express]) {
      const row = await bench.row(id)
      assert.deepEqual([row.status, row.possiblySent, row.possibleDuplicate], ['done', true, true])
    }
  })

  it('treats an answer that cannot be read as unknown: taken twice, marked, and done by the next operator', async () => {
    const id = await bench.accept({ count: 2, type: 'express' })
    await a.admin.behave({ corruptResponseRate: 1, corruptResponseKind: 'not-json', ...SILENT })
    await delivery('express').deliver(await bench.envelope('express'))
    for (const row of await bench.rows(id))
      assert.deepEqual([row.status, row.provider, row.possibleDuplicate], ['done', 'operator-b', true])
  })

  it('retries only those of an answer with gaps that it does not name', async () => {
    const id = await bench.accept({ count: 4, type: 'express' })
    await a.admin.behave({ corruptResponseRate: 1, corruptResponseKind: 'missing-answers', ...SILENT })
    await delivery('express').deliver(await bench.envelope('express'))
    assert.deepEqual(
      (await bench.rows(id)).map(({ provider, possibleDuplicate }) => [provider, possibleDuplicate]),
      [
        ['operator-a', false],
        ['operator-b', true],
        ['operator-a', false],
        ['operator-b', true],
      ],
    )
  })

  it('fails a poisoned text alone when both operators answer 400, and its neighbours are done', async () => {
    const good = await bench.accept({ count: 60 })
    const poisoned = await bench.accept({ text: 'so much poison here' })
    for (const { admin } of [a, b]) await admin.behave({ poisonTexts: [{ text: 'poison', status: 400 }] })
    await delivery().deliver(await bench.envelope())
    assert.ok((await bench.rows(good)).every((row) => row.provider === 'operator-a'))
    assert.equal((await bench.row(poisoned)).status, 'failed')
    assert.deepEqual(
      (await bench.refunds()).map(({ amount }) => amount),
      [1],
    )
    assert.deepEqual([(await a.admin.summary()).repeats, (await b.admin.summary()).references], [0, 1])
  })

  it('hands a text on which the first operator breaks down (500) to the second, alone', async () => {
    const good = await bench.accept({ count: 60 })
    const poisoned = await bench.accept({ text: 'so much poison here' })
    await a.admin.behave({ poisonTexts: [{ text: 'poison', status: 500 }] })
    await delivery().deliver(await bench.envelope())
    assert.ok((await bench.rows(good)).every((row) => row.provider === 'operator-a'))
    assert.deepEqual((await bench.row(poisoned)).provider, 'operator-b')
    assert.equal((await b.admin.summary()).references, 1)
  })

  it('fails a text on which both break down, alone and only in its last attempt', async () => {
    const good = await bench.accept({ count: 20 })
    const poisoned = await bench.accept({ text: 'so much poison here' })
    for (const { admin } of [a, b]) await admin.behave({ poisonTexts: [{ text: 'poison', status: 500 }] })
    const { deliver } = delivery()
    await deliver(await bench.envelope())
    assert.ok((await bench.rows(good)).every((row) => row.status === 'done'))
    assert.equal((await bench.row(poisoned)).status, 'pending')
    assert.deepEqual(await bench.refunds(), [])
    assert.equal((await bench.row(poisoned)).attempts, 1)

    await bench.oneAttemptIsLeft(poisoned)
    await deliver(await bench.nextRound())
    const row = await bench.row(poisoned)
    assert.deepEqual([row.status, row.provider, row.possiblySent], ['failed', '', false])
    assert.deepEqual(
      (await bench.refunds()).map(({ amount }) => amount),
      [1],
    )
    assert.deepEqual(await bench.outbox(), [])
  })
})
