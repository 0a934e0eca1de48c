import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { DEPOSIT, openDelivery } from '../delivery/bench.ts'
import { SILENT, UNAVAILABLE, saysOfEach, testOperator } from '../delivery/operators.ts'
import { claimAll } from '../delivery/settlements.ts'
import { look } from '../support/arrange.ts'
import { openReceiptBench } from './bench.ts'
import type { ReceiptBench } from './bench.ts'

const ORPHAN_AGE_SECONDS = 24 * 3_600 + 1
/** What a slow machine may take between two statements, and less than half of the shortest wait that is told from none. */
const SLOWNESS_SECONDS = 25

describe('a receipt', () => {
  let bench: ReceiptBench
  beforeEach(async () => {
    bench = await openReceiptBench()
  })
  afterEach(() => bench.close())

  const deliveryOf = async (reference: string) => (await bench.of(reference)).delivery

  it('gives a message that is done its delivery status, by our reference', async () => {
    const reference = await bench.send()
    await bench.report('a', { reference, status: 'delivered' })
    const { status, delivery, reason } = await bench.of(reference)
    assert.deepEqual([status, delivery, reason], ['done', 'delivered', null])
    assert.deepEqual([await bench.recorded(reference), await bench.waiting()], [['applied'], []])
    assert.equal(await bench.delivery.balance(), DEPOSIT - 1)
  })

  it('says why a message was not delivered, in the common words and with the code of the operator', async () => {
    bench.configure('a', { causes: { '27': 'absent_subscriber' } })
    const reasons: (string | null)[] = []
    for (const receipt of [
      { status: 'UNDELIV', error_code: '27' },
      { status: 'UNDELIV', error_code: '00B' },
      { status: 'EXPIRED' },
      { status: 'rejected', error_code: '27' },
      { status: 'undelivered' },
    ]) {
      const reference = await bench.send()
      await bench.report('a', { reference, ...receipt })
      const { delivery, reason } = await bench.of(reference)
      assert.equal(delivery, 'undelivered')
      reasons.push(reason)
    }
    assert.deepEqual(reasons, [
      ...['absent_subscriber: 27', 'unknown_code: 00B', 'expired', 'absent_subscriber: 27', ''],
    ])
  })

  it('counts if it is the first final one: repeats and contradicting ones are recorded', async () => {
    const reference = await bench.send()
    await bench.report('a', { reference, status: 'enroute' })
    assert.equal(await deliveryOf(reference), null)
    await bench.report('a', { reference, status: 'delivered' })
    await bench.report('a', { reference, status: 'delivered' })
    await bench.report('a', { reference, status: 'undelivered', error_code: '1' })
    await bench.report('a', { reference, status: 'sent' })
    const { delivery, reason } = await bench.of(reference)
    assert.deepEqual([delivery, reason], ['delivered', null])
    assert.deepEqual(await bench.recorded(reference), [
      ...['intermediate', 'applied', 'repeated', 'contradicting', 'intermediate'],
    ])
  })

  it('counts once, however many of one batch say the same', async () => {
    const reference = await bench.send()
    await bench.receive('a', [
      { reference, status: 'undelivered' },
      { reference, status: 'delivered' },
      { reference, status: 'undelivered' },
    ])
    await bench.apply()
    assert.equal(await deliveryOf(reference), 'undelivered')
    assert.deepEqual(await bench.recorded(reference), ['applied', 'contradicting', 'repeated'])
    assert.equal(bench.applied.flatMap(({ decided }) => decided).length, 1)
  })

  it('of an array counts like one alone; those that match nothing wait by themselves', async () => {
    const references = [await bench.send(), await bench.send()]
    const receipts = [
      { reference: references[0], status: 'delivered' },
      { reference: 'not-ours', status: 'delivered' },
      { reference: references[1], status: 'expired' },
      'neither',
    ]
    await bench.receiveRaw('a', JSON.stringify(receipts))
    await bench.apply()
    assert.deepEqual(
      [await deliveryOf(references[0] ?? ''), await deliveryOf(references[1] ?? '')],
      ['delivered', 'undelivered'],
    )
    const waiting = await bench.waiting()
    assert.deepEqual(
      waiting.map(({ state, raw }) => [state, (JSON.parse(raw) as { reference?: string }).reference]),
      [
        ['waiting', 'not-ours'],
        ['orphan', undefined],
      ],
    )
  })

  it('that comes before the result proves acceptance, and its outbox row is gone', async () => {
    const id = await bench.delivery.accept()
    const envelope = await bench.delivery.envelope()
    await claimAll(bench.db, [envelope])
    await bench.report('a', { reference: `${id}:1`, status: 'delivered' })
    const { status, delivery, provider } = await bench.of(`${id}:1`)
    assert.deepEqual([status, delivery, provider], ['done', 'delivered', 'a'])
    assert.deepEqual(await bench.delivery.outbox(), [])
  })

  it('ends a message whose result is unknown, which is not sent again', async () => {
    const reference = await bench.send({ answer: () => SILENT })
    assert.equal((await bench.of(reference)).status, 'pending')
    await bench.report('a', { reference, status: 'accepted' })
    assert.deepEqual(
      [await bench.of(reference), await bench.delivery.outbox()],
      [{ status: 'done', delivery: null, reason: null, provider: 'a' }, []],
    )
    await bench.report('a', { reference, status: 'undelivered' })
    assert.equal(await deliveryOf(reference), 'undelivered')
    assert.equal(await bench.delivery.balance(), DEPOSIT - 1)
  })

  it('counts a guarantee that was missed by what it ends', async () => {
    const ids = [await bench.send({ type: 'express', guaranteedWithinMs: 3_600_000, answer: () => SILENT })]
    ids.push(await bench.send({ type: 'express', guaranteedWithinMs: 3_600_000, answer: () => SILENT }))
    await bench.change(sql`UPDATE sms_requests SET guaranteed_by = NOW(3) - INTERVAL 5 SECOND`)
    await bench.report('a', { reference: String(ids[0]), status: 'delivered' })
    assert.deepEqual(bench.missed, [{ late: 1, unsent: 0 }])
    await bench.storeLate('a', { reference: String(ids[1]), part: 1, parts: 1, id: 'late' })
    assert.deepEqual(bench.missed, [
      { late: 1, unsent: 0 },
      { late: 1, unsent: 0 },
    ])
  })

  it('ends one recipient of several, whose row stays for the others', async () => {
    const id = await bench.delivery.accept({ count: 2 })
    const { deliver } = openDelivery(bench.db, [testOperator('a', () => SILENT)])
    await deliver(await bench.delivery.envelope())
    await bench.report('a', { reference: `${id}:2`, status: 'delivered' })
    assert.deepEqual(
      (await bench.delivery.rows(id)).map(({ status }) => status),
      ['pending', 'done'],
    )
    assert.equal((await bench.delivery.outbox()).length, 1)
  })

  it('ends a quarantine', async () => {
    const reference = await bench.send({ answer: () => SILENT })
    const [id = ''] = reference.split(':')
    await bench.change(
      sql`UPDATE sms_status SET status = 'sending', owner = 'lostlost', lease_until = NOW(3), unconfirmed = 9`,
    )
    const { deliver } = openDelivery(bench.db, [testOperator('a')])
    await deliver(await bench.delivery.nextRound())
    assert.deepEqual(await bench.delivery.quarantined(), [reference])
    await bench.report('a', { reference, status: 'delivered' })
    assert.deepEqual(
      [
        (await bench.delivery.row(id)).status,
        await deliveryOf(reference),
        await bench.delivery.quarantined(),
      ],
      ['done', 'delivered', []],
    )
  })

  it('for a refunded message is recorded, and no money moves', async () => {
    const reference = await bench.send({ type: 'express', answer: () => SILENT })
    await openDelivery(bench.db, [testOperator('a', () => SILENT)]).deliver(
      await bench.delivery.nextRound('express'),
    )
    const before = await bench.of(reference)
    assert.deepEqual([before.status, await bench.delivery.balance()], ['failed', DEPOSIT])
    await bench.report('a', { reference, status: 'delivered' })
    assert.deepEqual(await bench.of(reference), before)
    assert.deepEqual(
      [await bench.recorded(reference), await bench.delivery.balance()],
      [['refunded'], DEPOSIT],
    )
  })

  it('for a message that no operator can have waits, and counts once it has', async () => {
    const id = await bench.delivery.accept()
    const reference = `${id}:1`
    await bench.report('a', { reference, status: 'delivered' })
    assert.deepEqual([(await bench.of(reference)).status, (await bench.waiting()).length], ['pending', 1])
    const envelope = await bench.delivery.envelope()
    await openDelivery(bench.db, [testOperator('a', () => UNAVAILABLE)]).deliver(envelope)
    await bench.makeDue()
    await bench.apply()
    assert.equal((await bench.of(reference)).status, 'pending')
    await openDelivery(bench.db, [testOperator('a')]).deliver(await bench.delivery.nextRound())
    await bench.makeDue()
    await bench.apply()
    assert.deepEqual([await deliveryOf(reference), await bench.waiting()], ['delivered', []])
  })

  it('for a message that no operator could have counts before a later one that contradicts it', async () => {
    const id = await bench.delivery.accept()
    const reference = `${id}:1`
    await bench.report('a', { reference, status: 'delivered' })
    await openDelivery(bench.db, [testOperator('a')]).deliver(await bench.delivery.envelope())
    await bench.report('a', { reference, status: 'undelivered' })
    assert.deepEqual(
      [await deliveryOf(reference), await bench.recorded(reference)],
      ['delivered', ['applied', 'contradicting']],
    )
  })

  it('of another operator than the one that has the message changes nothing', async () => {
    const reference = await bench.send()
    await bench.report('b', { reference, status: 'delivered' })
    assert.deepEqual([await deliveryOf(reference), (await bench.waiting()).length], [null, 1])
  })

  it('of two operators that may both have it: only delivered counts from the one that it does not show', async () => {
    const sendTwice = async () => {
      const id = await bench.delivery.accept({ type: 'express' })
      const operators = [testOperator('a', saysOfEach('unknown')), testOperator('b')]
      await openDelivery(bench.db, operators).deliver(await bench.delivery.envelope('express'))
      return `${id}:1`
    }
    const [one, other] = [await sendTwice(), await sendTwice()]
    await bench.report('a', { reference: one, status: 'undelivered' })
    await bench.report('b', { reference: one, status: 'delivered' })
    await bench.report('a', { reference: other, status: 'delivered' })
    assert.deepEqual([await deliveryOf(one), await deliveryOf(other)], ['delivered', 'delivered'])
    assert.deepEqual(await bench.recorded(one), ['other_operator', 'applied'])
  })

  it('of two operators in one batch: the delivery is that of the one that decided it', async () => {
    const id = await bench.delivery.accept({ type: 'express' })
    const operators = [testOperator('a', saysOfEach('unknown')), testOperator('b')]
    await openDelivery(bench.db, operators).deliver(await bench.delivery.envelope('express'))
    const reference = `${id}:1`
    await bench.receive('b', [{ reference, status: 'delivered' }])
    await bench.receive('a', [{ reference, status: 'undelivered' }])
    await bench.apply()
    const decided = bench.applied.flatMap((each) => each.decided)
    assert.deepEqual(
      decided.map(({ operator, status }) => [operator, status]),
      [['b', 'delivered']],
    )
  })

  it('that matches nothing is retried for a day, then listed and kept', async () => {
    const stranger = { reference: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043:1', status: 'delivered' }
    await bench.receive('a', [stranger], ORPHAN_AGE_SECONDS - 60)
    await bench.apply()
    assert.deepEqual(
      (await bench.waiting()).map(({ state, reason }) => [state, reason]),
      [['waiting', 'matches no message']],
    )
    await bench.change(
      sql`UPDATE waiting_receipts SET due_at = NOW(3), received_at = received_at - INTERVAL 2 MINUTE`,
    )
    await bench.apply()
    assert.deepEqual(
      (await bench.waiting()).map(({ state }) => state),
      ['orphan'],
    )
    await bench.makeDue()
    await bench.apply()
    assert.equal((await bench.waiting()).length, 1)
    // The look-up of what waits does not meet what is listed.
    assert.deepEqual(await look(bench.db, sql`SELECT wait_key FROM waiting_receipts`), [{ wait_key: null }])
  })

  it('waits for as long again before each further try, up to an hour', async () => {
    const waits: number[] = []
    for (const ageSeconds of [0, 60, 7_200]) {
      await bench.receive('a', [{ message_id: 'x', status: 'delivered' }], ageSeconds)
      await bench.apply()
      waits.push(await dueInSeconds(bench))
      await bench.change(sql`DELETE FROM waiting_receipts`)
    }
    const wanted = [0, 60, 3_600]
    assert.ok(
      waits.every((seconds, round) => Math.abs(seconds - (wanted[round] ?? NaN)) < SLOWNESS_SECONDS),
      waits.join(),
    )
  })

  it('that cannot be read is kept as it came, and listed at once', async () => {
    for (const raw of [
      '{',
      '{"status":"delivered"}',
      '{"reference":"x","status":"elsewhere"}',
      'id:1 stat:DELIVRD',
    ])
      await bench.receiveRaw('a', raw)
    await bench.apply()
    assert.deepEqual(
      (await bench.waiting()).map(({ state, reason }) => [state, reason]),
      Array.from({ length: 4 }, () => ['orphan', 'unreadable']),
    )
  })
})

async function dueInSeconds(bench: ReceiptBench): Promise<number> {
  const [row] = await look(
    bench.db,
    sql<{ seconds: string }>`SELECT TIMESTAMPDIFF(MICROSECOND, NOW(3), MAX(due_at)) / 1e6 AS seconds
      FROM waiting_receipts`,
  )
  return Number(row?.seconds)
}
