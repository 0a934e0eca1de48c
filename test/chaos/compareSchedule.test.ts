import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Sent } from '../../chaos/clients/record.ts'
import { compareSchedule } from '../../chaos/proof/compareSchedule.ts'
import type { FirstSeen } from '../../chaos/proof/compareSchedule.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('the times of scheduled messages compared with the operators’ record', () => {
  const AT_MS = Date.parse('2027-03-01T05:30:00.250Z')
  let stack: Stack
  let identifier: string
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    identifier = await sendOne(stack.db, { userId: 1, to: 2, text: '[a] hello' })
    await sendOne(stack.db, { userId: 1, to: 1, text: '[b] hello' })
    await store(new Date(AT_MS))
  })
  afterEach(() => stack.drop())

  const store = (time: Date | null) =>
    look(stack.db, sql`UPDATE sms_requests SET send_at = ${time} WHERE text = '[a] hello'`)
  const asked = (mark: string, sendAtMs?: number): Sent => ({
    ...{ mark, customer: 1, type: 'normal', recipients: 2, firstNumber: 1 },
    ...{ answered: 'accepted', label: '202', ...(sendAtMs !== undefined && { sendAtMs }) },
  })
  const compare = (...seen: FirstSeen[]) => {
    const operator = {
      async *submissions() {
        yield* await Promise.resolve(seen)
      },
    }
    return compareSchedule(stack.db, [asked('a', AT_MS), asked('b')], [operator, operator])
  }

  it('agrees with one that was handed over at its time, and counts it once for several operators', async () => {
    const seen = { reference: `${identifier}:1`, firstSeenAt: AT_MS }
    assert.deepEqual(await compare(seen), { wrong: [], handedOver: 1 })
  })

  it('finds one that reached an operator a millisecond early', async () => {
    const { wrong } = await compare({ reference: `${identifier}:2`, firstSeenAt: AT_MS - 1 })
    assert.equal(wrong[0], `a, message ${identifier}, recipient 2: handed over 1 ms early`)
  })

  it('finds the last recipient of one that reached an operator before its customer’s rate or window let it leave', async () => {
    await look(
      stack.db,
      sql`UPDATE sms_requests SET delayed_until = ${new Date(AT_MS + 500)} WHERE text = '[a] hello'`,
    )
    const early = await compare(
      { reference: `${identifier}:1`, firstSeenAt: AT_MS },
      { reference: `${identifier}:2`, firstSeenAt: AT_MS },
    )
    assert.deepEqual(early.wrong.slice(0, 1), [
      `a, message ${identifier}, recipient 2: handed over 500 ms early`,
    ])
  })

  it('finds one that is stored for another time, for none, or though it was not scheduled', async () => {
    await store(new Date(AT_MS + 1))
    const named = `a, message ${identifier}: asked for 2027-03-01T05:30:00.250Z, stored for`
    assert.deepEqual((await compare()).wrong, [`${named} 2027-03-01T05:30:00.251Z`])
    await store(null)
    assert.deepEqual((await compare()).wrong, [`${named} no time`])
    await look(stack.db, sql`UPDATE sms_requests SET send_at = ${new Date(AT_MS)}`)
    const { wrong } = await compare()
    assert.deepEqual(wrong.length, 1)
    assert.match(wrong.join(), /^b, message .*: asked for no time, stored for 2027-03-01T05:30:00.250Z$/)
  })
})
