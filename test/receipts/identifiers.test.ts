import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { transact } from '../../src/platform/db/index.ts'
import { SILENT } from '../delivery/operators.ts'
import { openReceiptBench } from './bench.ts'
import type { ReceiptBench } from './bench.ts'

const UUID = '0b9c2c64-5b7c-4f6f-8f2e-2d8e5c71f0AB'
/** More than the time after which a receipt for finished messages alone is a repeat. */
const LATER_SECONDS = 5
/** A receipt of so much later is no repeat yet, however slow the machine. */
const NOT_YET_SECONDS = -60

describe("a receipt with the operator's identifier", () => {
  let bench: ReceiptBench
  beforeEach(async () => {
    bench = await openReceiptBench()
  })
  afterEach(() => bench.close())

  const send = (messageId: string, operator = 'a') =>
    bench.send({ operator, messageId, keepsOurReference: false })
  const report = (messageId: string, status = 'delivered', operator = 'a') =>
    bench.report(operator, { message_id: messageId, status })
  const reportTooEarly = async (messageId: string, status = 'delivered') => {
    await bench.receive('a', [{ message_id: messageId, status }], NOT_YET_SECONDS)
    await bench.apply()
  }
  const deliveryOf = async (reference: string) => (await bench.of(reference)).delivery

  const SAME: [submitted: string, received: string][] = [
    ['X-17', 'X-17'],
    ['39f99dd5', '0972660181'],
    ['812FC7470000001B', '9308878062554710043'],
    ['9308878062554710043', '812fc7470000001b'],
    ...['00B8BE19', 'B8BE19', '12107289', '0012107289'].map((id): [string, string] => ['00B8BE19', id]),
    ['12107289', '00B8BE19'],
    [UUID, UUID.toUpperCase()],
    [UUID, UUID.toLowerCase()],
    ['0', '000'],
  ]
  for (const [submitted, received] of SAME) {
    it(`finds ${submitted} by ${received}`, async () => {
      const reference = await send(submitted)
      await report(received)
      assert.equal(await deliveryOf(reference), 'delivered')
    })
  }

  it('finds nothing by an identifier that only looks similar', async () => {
    const reference = await send('00B8BE19')
    for (const id of ['00B8BE190', 'B8BE', '1210728', 'X00B8BE19']) await report(id)
    assert.deepEqual([await deliveryOf(reference), (await bench.waiting()).length], [null, 4])
  })

  it('takes the exact one before another notation', async () => {
    const [decimal, hexadecimal] = [await send('12107289'), await send('B8BE19')]
    await report('12107289')
    assert.deepEqual([await deliveryOf(decimal), await deliveryOf(hexadecimal)], ['delivered', null])
  })

  it('matches nothing when another notation leads to two messages', async () => {
    const references = [await send('B8BE19'), await send('00b8be19')]
    await report('12107289')
    assert.deepEqual(await Promise.all(references.map(deliveryOf)), [null, null])
    assert.deepEqual(
      (await bench.waiting()).map(({ reason }) => reason),
      ['matches several messages'],
    )
    // One of them gets its receipt, and the other one is the only one that waits for one.
    await report('B8BE19')
    await bench.makeDue()
    await bench.apply()
    assert.deepEqual(await Promise.all(references.map(deliveryOf)), ['delivered', 'delivered'])
  })

  it('of another operator is that of another message', async () => {
    const [ofA, ofB] = [await send('17', 'a'), await send('17', 'b')]
    await report('17', 'undelivered', 'b')
    assert.deepEqual([await deliveryOf(ofA), await deliveryOf(ofB)], [null, 'undelivered'])
    await report('17', 'delivered', 'c')
    assert.equal((await bench.waiting()).length, 1)
  })

  it('may come before the identifier is stored', async () => {
    await report('early-1')
    assert.equal((await bench.waiting()).length, 1)
    const reference = await send('early-1')
    await bench.makeDue()
    await bench.apply()
    assert.equal(await deliveryOf(reference), 'delivered')
  })

  for (const [early, later] of [
    ['00B8BE19', '00B8BE19'],
    ['12107289', 'b8be19'],
    ['b8be19', '0012107289'],
  ] as const)
    it(`that came before the identifier counts before a later one that contradicts it (${early}, ${later})`, async () => {
      await report(early)
      const reference = await send('00B8BE19')
      await report(later, 'undelivered')
      assert.deepEqual(
        [await deliveryOf(reference), await bench.recorded(reference), await bench.waiting()],
        ['delivered', ['applied', 'contradicting'], []],
      )
    })

  it('does not count while another process works on an earlier one of its message', async () => {
    await report('early-2')
    const reference = await send('early-2')
    await bench.receive('a', [{ message_id: 'early-2', status: 'undelivered' }])
    await transact(bench.db, 'test.other_process', async (tx) => {
      await sql`SELECT id FROM waiting_receipts WHERE wait_key = 'early-2' FOR UPDATE`.execute(tx)
      await bench.apply()
    })
    assert.deepEqual([await deliveryOf(reference), (await bench.waiting()).length], [null, 2])
    await bench.apply()
    assert.deepEqual(await bench.recorded(reference), ['applied', 'contradicting'])
    assert.equal(await deliveryOf(reference), 'delivered')
  })

  it('may have any characters while it waits', async () => {
    for (const id of ['\ud800', '\u0130'.repeat(64), 'a"b\\', '\u{1f4a9}'.repeat(32)]) await report(id)
    assert.deepEqual(
      (await bench.waiting()).map(({ reason }) => reason),
      Array.from({ length: 4 }, () => 'matches no message'),
    )
    assert.deepEqual(bench.setAside, [])
  })

  it('for messages that have theirs is a repeat, once none can still come', async () => {
    const reference = await send('B8BE19')
    await report('12107289')
    await reportTooEarly('12107289', 'undelivered')
    assert.deepEqual(await bench.recorded(reference), ['applied'])
    await bench.receive('a', [{ message_id: 'b8be19', status: 'delivered' }], LATER_SECONDS)
    await bench.apply()
    assert.deepEqual(await bench.recorded(reference), ['applied', 'repeated'])
  })

  it('that the operator used again is the message that waits for one', async () => {
    const before = await send('17')
    await report('17')
    const after = await send('17')
    await report('17', 'undelivered')
    assert.deepEqual([await deliveryOf(before), await deliveryOf(after)], ['delivered', 'undelivered'])
  })

  it('is looked for when its reference is not ours', async () => {
    const reference = await send('m-1')
    await bench.report('a', { reference: 'theirs', message_id: 'm-1', status: 'delivered' })
    assert.equal(await deliveryOf(reference), 'delivered')
  })

  it('that is a number keeps its digits', async () => {
    const reference = await send('18858926273619457')
    await bench.receiveRaw('a', '{"message_id":18858926273619457,"status":"delivered"}')
    await bench.apply()
    assert.equal(await deliveryOf(reference), 'delivered')
  })

  it('is found when the answer with it came after the time of the call', async () => {
    const reference = await bench.send({ answer: () => SILENT })
    await bench.storeLate('a', { reference, part: 1, parts: 1, id: 'late-1' })
    assert.deepEqual([(await bench.of(reference)).status, await bench.delivery.outbox()], ['done', []])
    await report('LATE-1')
    const { status, delivery } = await bench.of(reference)
    assert.deepEqual([status, delivery], ['done', 'delivered'])
  })

  describe('of a part', () => {
    const sendParts = (partIds: (string | null)[], operator = 'a') =>
      bench.send({ operator, partIds, keepsOurReference: false, text: 'x'.repeat(400) })

    it('counts for its part: delivered when all are', async () => {
      const reference = await sendParts(['p1', 'p2', 'p3'])
      await report('p3')
      await report('p1')
      await reportTooEarly('p1')
      assert.equal(await deliveryOf(reference), null)
      await report('p2')
      assert.equal(await deliveryOf(reference), 'delivered')
      assert.deepEqual(await bench.recorded(reference), ['applied', 'applied', 'applied'])
      assert.equal((await bench.waiting()).length, 1)
      assert.deepEqual(
        bench.applied.flatMap(({ decided }) => decided.map(({ status }) => status)),
        ['delivered'],
      )
    })

    it('of which one is not delivered makes the message undelivered, in any order', async () => {
      for (const order of [
        ['p1', 'p2', 'p3'],
        ['p3', 'p1', 'p2'],
        ['p2', 'p3', 'p1'],
      ]) {
        const prefix = order.join('')
        const reference = await sendParts([`${prefix}p1`, `${prefix}p2`, `${prefix}p3`])
        for (const part of order) await report(prefix + part, part === 'p2' ? 'undelivered' : 'delivered')
        assert.equal(await deliveryOf(reference), 'undelivered', prefix)
        assert.deepEqual(await bench.recorded(reference), ['applied', 'applied', 'applied'])
      }
    })

    it('alone says nothing of the others, unless the operator sends one a message', async () => {
      const [one, other] = [await sendParts(['a1', 'a2', 'a3']), await sendParts(['b1', 'b2', 'b3'], 'b')]
      bench.configure('b', { onePerMessage: true })
      await report('a1')
      await report('b1', 'delivered', 'b')
      assert.deepEqual([await deliveryOf(one), await deliveryOf(other)], [null, 'delivered'])
    })

    it('matches in another notation as well', async () => {
      const reference = await sendParts(['B8BE19', 'B8BE1A'])
      await report('12107289')
      await report('12107290')
      assert.equal(await deliveryOf(reference), 'delivered')
    })

    it('counts for its part before a later one that contradicts it, when it came before the identifiers', async () => {
      await report('e1')
      const reference = await sendParts(['e1', 'e2'])
      await report('e1', 'undelivered')
      assert.equal(await deliveryOf(reference), null)
      await report('e2')
      assert.equal(await deliveryOf(reference), 'delivered')
      assert.deepEqual(await bench.recorded(reference), ['applied', 'contradicting', 'applied'])
    })

    it('that is known late counts like the others', async () => {
      const reference = await sendParts(['l1', null])
      await report('l1')
      await bench.storeLate('a', { reference, part: 2, parts: 2, id: 'l2' })
      assert.equal(await deliveryOf(reference), null)
      await report('l2')
      assert.equal(await deliveryOf(reference), 'delivered')
      await report('0')
    })

    it('whose identifier is unknown leaves the message sent', async () => {
      const reference = await sendParts(['n1', null])
      await report('n1')
      assert.equal(await deliveryOf(reference), null)
    })
  })
})
