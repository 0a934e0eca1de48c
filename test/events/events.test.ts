import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { cancel } from '../../src/delivery/index.ts'
import { changeSettings } from '../../src/webhooks/index.ts'
import { CUSTOMER, DEPOSIT, openBench } from '../delivery/bench.ts'
import type { Bench } from '../delivery/bench.ts'
import { claimAll, done, failed, released, settleAll } from '../delivery/settlements.ts'
import { look, offer, sendOne } from '../support/arrange.ts'
import { queueOf, turnFeedOn } from './arrangeEvents.ts'

const OWNER = '00112233445566aa'

describe('the events of messages', () => {
  let bench: Bench
  beforeEach(async () => (bench = await openBench()))
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  const marksOf = async (id: string): Promise<number[]> => {
    const rows = await look(
      bench.db,
      sql<{ makes_events: number }>`SELECT makes_events FROM sms_status
        WHERE sms_identifier = UNHEX(${id.replaceAll('-', '')}) ORDER BY recipient_no`,
    )
    return rows.map(({ makes_events }) => makes_events)
  }

  it('are appended by the transaction that ends each recipient, and by no other', async () => {
    await turnFeedOn(bench.db, CUSTOMER)
    const id = await bench.accept({ count: 3 })
    assert.deepEqual(await queueOf(bench.db), [])
    const [claim] = await claimAll(bench.db, [await bench.envelope()], OWNER)
    assert.ok(claim)
    const [one, two, three] = claim.tasks
    assert.ok(one && two && three)
    const settlements = [done(one), failed(two), released(three)]
    await settleAll(bench.db, [{ inFlight: claim.inFlight, settlements }])
    // A repeat after a lost COMMIT.
    await settleAll(bench.db, [{ inFlight: claim.inFlight, settlements }])
    assert.deepEqual(await queueOf(bench.db), [`message.sent ${id}:1`, `message.failed ${id}:2`])
    assert.equal((await cancel({ db: bench.db }, { userId: CUSTOMER, smsIdentifier: id }))?.cancelledNow, 1)
    assert.deepEqual(await queueOf(bench.db), [
      `message.sent ${id}:1`,
      `message.failed ${id}:2`,
      `message.cancelled ${id}:3`,
    ])
  })

  it('are decided when the message is accepted: what is switched later counts for later messages', async () => {
    const before = await bench.accept()
    await turnFeedOn(bench.db, CUSTOMER)
    const between = await bench.accept({ count: 2 })
    await changeSettings(bench.db, CUSTOMER, { isFeedOn: false })
    const after = await bench.accept()
    assert.deepEqual(await marksOf(before), [0])
    assert.deepEqual(await marksOf(between), [1, 1])
    assert.deepEqual(await marksOf(after), [0])
    const [claim] = await claimAll(bench.db, [await bench.envelope()], OWNER)
    assert.equal(claim?.tasks.length, 4)
    await settleAll(bench.db, [
      { inFlight: claim.inFlight, settlements: claim.tasks.map((task) => done(task)) },
    ])
    assert.deepEqual(await queueOf(bench.db), [`message.sent ${between}:1`, `message.sent ${between}:2`])
  })

  it('have their time from the database, at the change', async () => {
    await turnFeedOn(bench.db, CUSTOMER)
    await bench.accept()
    const [claim] = await claimAll(bench.db, [await bench.envelope()], OWNER)
    assert.ok(claim)
    await settleAll(bench.db, [
      { inFlight: claim.inFlight, settlements: claim.tasks.map((task) => done(task)) },
    ])
    const [row] = await look(
      bench.db,
      sql<{ same: number }>`SELECT e.occurred_at BETWEEN s.handed_over_at AND NOW(3) AS same
        FROM event_queue e JOIN sms_status s USING (sms_identifier, recipient_no)`,
    )
    assert.equal(row?.same, 1)
  })

  it('say once that the balance fell below the threshold, until it was above it again', async () => {
    await turnFeedOn(bench.db, CUSTOMER, DEPOSIT - 3)
    const send = (count: number) => sendOne(bench.db, { userId: CUSTOMER, to: count })
    await send(3)
    assert.deepEqual(await queueOf(bench.db), [])
    const low = await send(1)
    await send(1)
    assert.deepEqual(await queueOf(bench.db), [`balance.low ${low}:0`])
    const [row] = await look(bench.db, sql<{ threshold: number }>`SELECT threshold FROM event_queue`)
    assert.equal(row?.threshold, DEPOSIT - 3)
  })

  it('say so of the one message of a batch that did it', async () => {
    await turnFeedOn(bench.db, CUSTOMER, DEPOSIT - 1)
    const decisions = await offer(bench.db, ...[1, 2, 3].map((to) => ({ userId: CUSTOMER, to })))
    const ids = decisions.flatMap((each) => (each.kind === 'accepted' ? [each.smsIdentifier] : []))
    assert.deepEqual(await queueOf(bench.db), [`balance.low ${ids[1]}:0`])
  })

  it('of a balance are not kept where events go nowhere', async () => {
    await changeSettings(bench.db, CUSTOMER, { lowBalance: DEPOSIT })
    await sendOne(bench.db, { userId: CUSTOMER, to: 1 })
    assert.deepEqual(await queueOf(bench.db), [])
  })
})
