import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { DeliveryStatus } from '../../db/schema.ts'
import { GOOD_BEHAVIOUR } from '../../simulator/behaviour.ts'
import { seededRandom } from '../../simulator/random.ts'
import { drawReceipts } from '../../simulator/receipts/drawReceipts.ts'
import type { DrawnReceipts, WireReceipt } from '../../simulator/receipts/drawReceipts.ts'
import { openDelivery } from '../delivery/bench.ts'
import { answers, testOperator } from '../delivery/operators.ts'
import type { Answer } from '../delivery/operators.ts'
import { fund, look } from '../support/arrange.ts'
import { openReceiptBench } from './bench.ts'
import type { ReceiptBench } from './bench.ts'

/** `RECEIPTS_MIXED=100000` is the long form. */
const MESSAGES = Number(process.env['RECEIPTS_MIXED'] ?? 2_000)
const RECIPIENTS_PER_MESSAGE = 100
const SEED = Number(process.env['RECEIPTS_SEED'] ?? 1)
const CUSTOMER = 7

/** Everything at once. */
const MIX = {
  ...GOOD_BEHAVIOUR,
  ...{ receiptRate: 0.9, undeliveredRate: 0.2, undeliveredCode: '27', receiptEarlyRate: 0.1 },
  ...{ receiptRepeatRate: 0.2, receiptIntermediateRate: 0.2, receiptContradictRate: 0.1 },
  ...{ receiptUnknownRate: 0.02, receiptRecodedRate: 0.3 },
  receiptDelay: { minMs: 0, maxMs: 10_000 },
}

describe('a mix of early, late, repeated, reordered, lost, unknown and re-coded receipts', function () {
  this.timeout(600_000)
  let bench: ReceiptBench
  beforeEach(async () => {
    bench = await openReceiptBench()
    await fund(bench.db, CUSTOMER, MESSAGES)
  })
  afterEach(() => bench.close())

  for (const by of ['reference', 'message_id'] as const) {
    it(`gives every message with a true receipt the right status, and no other one (by ${by})`, async () => {
      const random = seededRandom(SEED)
      const truth = new Map<string, DrawnReceipts['truth']>()
      let sent: { receipt: WireReceipt; atMs: number }[] = []
      let given = 0xa000_0000
      const takes: Answer = (batch) =>
        answers(batch, ({ reference }) => {
          const messageId = (given++).toString(16)
          const drawn = drawReceipts({ ...MIX, receiptBy: by }, { reference, messageId }, random, 0)
          truth.set(reference, drawn.truth)
          sent.push(...drawn.receipts.map(({ receipt, afterMs }) => ({ receipt, atMs: afterMs })))
          return { kind: 'accepted', operatorMessageId: messageId }
        })
      for (let left = MESSAGES; left > 0; left -= RECIPIENTS_PER_MESSAGE) {
        await bench.delivery.accept({ count: Math.min(left, RECIPIENTS_PER_MESSAGE) })
        // Early ones come while the operator is still being called.
        const slow: Answer = async (batch) => {
          const answer = await takes(batch)
          const early = sent.filter(({ atMs }) => atMs === 0)
          sent = sent.filter(({ atMs }) => atMs > 0)
          if (early.length > 0)
            await bench.receiveRaw('a', JSON.stringify(early.map(({ receipt }) => receipt)))
          await bench.apply()
          return answer
        }
        const operator = testOperator('a', slow, { keepsOurReference: by === 'reference' })
        await openDelivery(bench.db, [operator]).deliver(await bench.delivery.envelope())
      }
      const inOrder = sent.toSorted((one, other) => one.atMs - other.atMs).map(({ receipt }) => receipt)
      for (let start = 0; start < inOrder.length; start += 200)
        await bench.receiveRaw('a', JSON.stringify(inOrder.slice(start, start + 200)))
      await bench.apply()
      // Those that came too early, and repeats by identifier, are tried again later.
      await bench.change(
        sql`UPDATE waiting_receipts SET received_at = received_at - INTERVAL 10 SECOND, due_at = NOW(3)`,
      )
      await bench.apply()

      assert.deepEqual(await wrong(truth), [])
      const unmatched = (await bench.waiting()).map(({ raw }) => JSON.parse(raw) as WireReceipt)
      for (const { reference, message_id } of unmatched)
        assert.ok(reference?.startsWith('x') ?? message_id?.endsWith('?'))
      assert.ok(unmatched.length > 0)
      assert.equal(
        bench.applied.flatMap(({ decided }) => decided).length,
        [...truth.values()].filter(Boolean).length,
      )
    })
  }

  async function wrong(truth: Map<string, DrawnReceipts['truth']>): Promise<string[]> {
    assert.equal(truth.size, MESSAGES)
    const rows = await look(
      bench.db,
      sql<{ id: string; no: number; status: string; delivery: DeliveryStatus | null }>`
        SELECT LOWER(HEX(sms_identifier)) AS id, recipient_no AS no, status, delivery_status AS delivery FROM sms_status`,
    )
    const found = new Map(
      rows.map(({ id, no, status, delivery }) => [`${id}:${no}`, `${status} ${delivery}`]),
    )
    return [...truth].flatMap(([reference, expected]) => {
      const is = found.get(reference.replaceAll('-', ''))
      return is === `done ${expected}` ? [] : [`${reference} is ${is}, not ${expected}`]
    })
  }
})
