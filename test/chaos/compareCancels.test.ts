import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Cancel, Sent, SentBulk } from '../../chaos/clients/record.ts'
import { compareCancels, explainCancels } from '../../chaos/proof/compareCancels.ts'
import { cancel } from '../../src/delivery/index.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const OK: Cancel = { answered: 'accepted', label: '200', cancelled: 2, refunded: 2 }
const UNKNOWN: Cancel = { answered: 'unknown', label: 'no answer' }
const REFUSED: Cancel = { answered: 'refused', label: '409 not_cancellable' }

describe('the answers to cancellations compared with the state of a message', () => {
  const cases: [string, Cancel[], [cancelled: number, refunded: number], string[]][] = [
    ['agree when all that is cancelled was answered', [REFUSED, OK, OK], [2, 2], []],
    ['agree when an answer that never came cancelled', [REFUSED, UNKNOWN], [2, 2], []],
    ['agree when a later one without an answer cancelled more', [OK, UNKNOWN], [3, 3], []],
    ['agree when nothing was cancelled', [REFUSED], [0, 0], []],
    [
      'find one that was answered as cancelled and is not',
      [OK],
      [0, 0],
      ['answered as 2 cancelled, and 0 are'],
    ],
    [
      'find one that is cancelled though nobody asked',
      [],
      [1, 1],
      ['1 are cancelled, and 0 were answered as cancelled'],
    ],
    [
      'find one that is cancelled though it was refused',
      [REFUSED],
      [2, 2],
      ['2 are cancelled, and 0 were answered as cancelled'],
    ],
    ['find one for which too little came back', [OK], [2, 1], ['2 are cancelled, and 1 came back for them']],
    [
      'find an answer that names another amount than the price',
      [{ ...OK, refunded: 6 }],
      [2, 2],
      ['answered as 2 cancelled and 6 refunded'],
    ],
    [
      'find an answer that names nothing cancelled',
      [{ ...OK, cancelled: 0, refunded: 0 }],
      [0, 0],
      ['answered as 0 cancelled and 0 refunded'],
    ],
  ]
  for (const [what, cancels, [cancelled, refunded], expected] of cases)
    it(what, () => {
      const found = { cancelled, owed: cancelled, refunded }
      assert.deepEqual(explainCancels({ prices: [1, 1, 1], cancels }, found), expected)
    })

  describe('whose recipients have different prices', () => {
    const prices = [2, 7, 7]
    const explain = (cancel: Partial<Cancel>, found: [cancelled: number, owed: number, refunded: number]) => {
      const [cancelled, owed, refunded] = found
      const cancels = [{ ...OK, ...cancel }, UNKNOWN]
      return explainCancels({ prices, cancels }, { cancelled, owed, refunded })
    }

    it('agree with what some of them can cost, and at the end with what the cancelled ones cost', () => {
      assert.deepEqual(explain({ cancelled: 2, refunded: 9 }, [2, 9, 9]), [])
      assert.deepEqual(explain({ cancelled: 2, refunded: 14 }, [3, 16, 16]), [])
    })

    it('find one that names what no recipients cost, or not the cancelled ones', () => {
      assert.deepEqual(explain({ cancelled: 2, refunded: 8 }, [3, 16, 16]), [
        'answered as 2 cancelled and 8 refunded',
      ])
      assert.deepEqual(explain({ cancelled: 2, refunded: 14 }, [2, 9, 9]), [
        'answered as 2 cancelled and 14 refunded',
      ])
      assert.deepEqual(explain({ cancelled: 2, refunded: 9 }, [2, 9, 14]), [
        '2 are cancelled, and 14 came back for them',
      ])
    })
  })

  describe('in the tables', () => {
    let stack: Stack
    let identifier: string
    const sent: Sent = {
      ...{ mark: 'a', customer: 1, type: 'normal', recipients: 2, firstNumber: 1 },
      ...{ answered: 'accepted', label: '202' },
    }
    beforeEach(async () => {
      stack = await freshStack()
      await fund(stack.db, 1, 1_000)
      identifier = await sendOne(stack.db, { userId: 1, to: 2, text: '[a] hello' })
      await sendOne(stack.db, { userId: 1, to: 2, text: '[b] hello' })
    })
    afterEach(() => stack.drop())

    const compare = (cancels: Cancel[]) =>
      compareCancels(stack.db, {
        sent: [
          { ...sent, cancels },
          { ...sent, mark: 'b' },
        ],
        bulks: [],
      })

    it('agree with a message that was cancelled, and name one whose money did not come back', async () => {
      assert.deepEqual(await compare([]), [])
      await cancel({ db: stack.db }, { userId: 1, smsIdentifier: identifier })
      assert.deepEqual(await compare([OK]), [])
      assert.deepEqual(await compare([]), [
        `a, message ${identifier}: 2 are cancelled, and 0 were answered as cancelled`,
      ])
      await look(
        stack.db,
        sql`DELETE FROM user_transactions WHERE transaction_type = 'refund' AND recipient_no = 2`,
      )
      assert.deepEqual(await compare([OK]), [
        `a, message ${identifier}: 2 are cancelled, and 1 came back for them`,
      ])
    })

    it('of a bulk agree with all of its messages together, and name one that came to more than was told', async () => {
      const messages = [sent, { ...sent, mark: 'b' }]
      const bulk: SentBulk = {
        ...{ mark: 'ab', customer: 1, isTest: false, isAllOrNothing: false, messages, bulkId: 'ab1' },
        ...{ answered: 'accepted', label: '202', reads: [], repeated: { tries: 1, answers: [], firsts: 1 } },
        cancels: [OK],
      }
      const compareBulk = () => compareCancels(stack.db, { sent: messages, bulks: [bulk] })
      await cancel({ db: stack.db }, { userId: 1, smsIdentifier: identifier })
      assert.deepEqual(await compareBulk(), [])
      bulk.cancels = [{ ...OK, cancelled: 1, refunded: 1 }]
      assert.deepEqual(await compareBulk(), [
        'ab, bulk ab1: 2 are cancelled, and 1 were answered as cancelled',
      ])
      bulk.cancels = [REFUSED]
      assert.deepEqual(await compareBulk(), [
        `a, message ${identifier}: 2 are cancelled, and 0 were answered as cancelled`,
        'ab, bulk ab1: 2 are cancelled, and 0 were answered as cancelled',
      ])
      // Only where not all of it was decided, nothing may be cancelled.
      bulk.cancels = [OK, { ...OK, cancelled: 0, refunded: 0 }]
      assert.deepEqual(await compareBulk(), ['ab, bulk ab1: answered as 0 cancelled and 0 refunded'])
    })
  })
})
