import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openRecord } from '../../chaos/clients/record.ts'
import type { Sent, SentBulk } from '../../chaos/clients/record.ts'
import { compareSpending, explainSpending } from '../../chaos/proof/compareSpending.ts'
import type { DaySpent } from '../../chaos/proof/compareSpending.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const LIMITS = new Map([[1, 10]])
const spent = (...days: [day: number, charged: number, chargedAtMidnight?: number][]): DaySpent[] =>
  days.map(([day, charged, chargedAtMidnight = 0]) => ({ customer: 1, day, charged, chargedAtMidnight }))
const refused = (mark: string, changes: Partial<Sent> = {}): Sent => ({
  ...{ mark, customer: 1, type: 'express', recipients: 1, firstNumber: 1 },
  ...{ answered: 'refused', label: '402 spend_limit' },
  ...changes,
})

describe('what was charged compared with the limits of a day', () => {
  const explain = (days: DaySpent[]) => explainSpending(days, openRecord(), LIMITS)

  it('agrees up to the limit, on each day anew', () => {
    assert.deepEqual(explain([]), [])
    assert.deepEqual(explain(spent([1, 10], [2, 10])), [])
    assert.deepEqual(explain([{ customer: 2, day: 1, charged: 99, chargedAtMidnight: 0 }]), [])
  })

  it('finds a day above it', () => {
    assert.deepEqual(explain(spent([1, 3], [2, 11])), ['customer 1: 11 charged on day 2, and 10 allowed'])
  })

  it('counts what was charged just after midnight for either day, and not for neither', () => {
    assert.deepEqual(explain(spent([1, 7], [2, 13, 3])), [])
    assert.deepEqual(explain(spent([1, 8], [2, 13, 3])), ['customer 1: 21 charged on 2 days of 10 each'])
  })

  describe('a refusal', () => {
    const explainOne = (sent: Sent[], charged: number, bulks: SentBulk[] = []) =>
      explainSpending(spent([1, charged]), { sent, bulks }, LIMITS)

    it('is right when the message would have passed it, and wrong when it would not', () => {
      assert.deepEqual(explainOne([refused('a')], 8), [])
      const wrong = ['a: costs 3, and was refused though 7 of 10 were spent in all']
      assert.deepEqual(explainOne([refused('a')], 7), wrong)
      assert.deepEqual(explainOne([refused('a', { label: 'spend_limit' })], 7), wrong)
    })

    it('is wrong of a customer without a limit', () => {
      assert.deepEqual(explainOne([refused('a', { customer: 2 })], 10), [
        'a: refused for a limit that customer 2 has not',
      ])
    })

    it('of all or nothing counts all of its messages', () => {
      const messages = [refused('a'), refused('b')]
      const bulk: SentBulk = {
        ...{ mark: 'ab', customer: 1, isTest: false, isAllOrNothing: true, messages },
        ...{ answered: 'refused', label: '402 spend_limit', reads: [], cancels: [] },
      }
      assert.deepEqual(explainOne(messages, 5, [bulk]), [])
      assert.equal(explainOne(messages, 4, [bulk]).length, 2)
      assert.equal(explainOne(messages, 5, [{ ...bulk, isAllOrNothing: false }]).length, 2)
    })
  })

  describe('in the tables', () => {
    let stack: Stack
    beforeEach(async () => {
      stack = await freshStack()
      await fund(stack.db, 1, 100)
    })
    afterEach(() => stack.drop())

    it('are the charges of each day of UTC, whatever came back', async () => {
      for (const to of [10, 4]) await sendOne(stack.db, { userId: 1, to, text: `[${to}] hello` })
      const charges = (set: ReturnType<typeof sql>, cost: number) =>
        look(stack.db, sql`UPDATE user_transactions SET ${set} WHERE amount = ${-cost}`)
      const compare = () => compareSpending(stack.db, openRecord(), LIMITS)
      await charges(sql`created_at = '2026-03-01 23:59:59.999'`, 10)
      await charges(sql`created_at = '2026-03-02 00:00:20'`, 4)
      assert.deepEqual(await compare(), [])
      await charges(sql`created_at = '2026-03-01 12:00:00'`, 4)
      assert.deepEqual(await compare(), [
        'customer 1: 14 charged on day 20513, and 10 allowed',
        'customer 1: 14 charged on 1 days of 10 each',
      ])
      await charges(sql`created_at = '2026-03-02 00:00:19'`, 4)
      assert.deepEqual(await compare(), [])
    })
  })
})
