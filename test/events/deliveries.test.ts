import assert from 'node:assert/strict'
import { applyReceipts } from '../../src/delivery/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { CUSTOMER, openBench } from '../delivery/bench.ts'
import type { Bench } from '../delivery/bench.ts'
import { claimAll, done, settleAll } from '../delivery/settlements.ts'
import { logOf, queueOf, sequenceAll, turnFeedOn } from './arrangeEvents.ts'

const OWNER = '00112233445566aa'

describe('the events of deliveries', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(() => bench.close())

  const receive = (smsIdentifier: string, recipientNo: number, verdict: 'delivered' | 'undelivered') =>
    transact(bench.db, 'test.receipts', (tx) =>
      applyReceipts(tx, [
        { smsIdentifier, recipientNo, operator: 'operator-a', verdict, reason: 'absent', partNo: null },
      ]),
    )

  it('are appended once, by the first receipt that says so, after that of the sending', async () => {
    await turnFeedOn(bench.db, CUSTOMER)
    const id = await bench.accept({ count: 2 })
    const [claim] = await claimAll(bench.db, [await bench.envelope()], OWNER)
    assert.ok(claim)
    const settlements = claim.tasks.map((task) => done(task, 'operator-a'))
    await settleAll(bench.db, [{ inFlight: claim.inFlight, settlements }])
    for (let n = 0; n < 3; n++) await receive(id, 1, 'delivered')
    await receive(id, 1, 'undelivered')
    await receive(id, 2, 'undelivered')
    await sequenceAll(bench.db)
    assert.deepEqual(await logOf(bench.db), [
      `${CUSTOMER} 1 message.sent ${id}:1`,
      `${CUSTOMER} 2 message.delivered ${id}:1`,
      `${CUSTOMER} 3 message.sent ${id}:2`,
      `${CUSTOMER} 4 message.undelivered ${id}:2`,
    ])
  })

  it('come with that of the sending where a receipt is the first to say that it was sent', async () => {
    await turnFeedOn(bench.db, CUSTOMER)
    const id = await bench.accept()
    await claimAll(bench.db, [await bench.envelope()], OWNER)
    await receive(id, 1, 'delivered')
    assert.deepEqual(await queueOf(bench.db), [`message.sent ${id}:1`, `message.delivered ${id}:1`])
  })

  it('are none of a message that makes none', async () => {
    const id = await bench.accept()
    await claimAll(bench.db, [await bench.envelope()], OWNER)
    await receive(id, 1, 'delivered')
    assert.deepEqual(await queueOf(bench.db), [])
  })
})
