import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { markDone, markFailed, markSending, quarantine, release } from '../../src/messages/index.ts'
import type { RecipientState } from '../../src/messages/index.ts'
import {
  OPEN_STATES,
  REFUNDED_STATES,
  STATES,
  assertTransition,
  isTerminal,
} from '../../src/messages/states.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Tx } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const LEGAL = [
  'pending to sending',
  'pending to done',
  'pending to failed',
  'pending to cancelled',
  'sending to pending',
  'sending to sending',
  'sending to done',
  'sending to failed',
]

describe('the state of a recipient', () => {
  it('is open or terminal, and refunded when it ends without a hand-over', () => {
    assert.deepEqual(OPEN_STATES, ['pending', 'sending'])
    assert.deepEqual(STATES.filter(isTerminal), ['done', 'failed', 'cancelled'])
    assert.deepEqual(REFUNDED_STATES, ['failed', 'cancelled'])
  })

  for (const from of STATES) {
    for (const to of STATES) {
      const step = `${from} to ${to}`
      const isLegal = LEGAL.includes(step)
      it(`${isLegal ? 'may' : 'cannot'} go from ${step}`, () => {
        if (isLegal) assertTransition(from, to)
        else
          assert.throws(() => assertTransition(from, to), { message: `a recipient cannot go from ${step}` })
      })
    }
  }

  describe('at its end', () => {
    let stack: Stack
    before(async () => (stack = await freshStack()))
    after(() => stack.drop())

    const owner = '00112233445566aa'
    const writes: [string, (tx: Tx, row: RecipientState) => Promise<void>][] = [
      ['a claim', (tx, row) => markSending(tx, [row], { owner, leaseSeconds: 10 })],
      ['a failure', (tx, row) => markFailed(tx, [{ row, provider: 'a', reason: 'no', possiblySent: false }])],
      ['a release', (tx, row) => release(tx, [row], { tried: true, possiblySent: false, unconfirmed: 0 })],
      ['an acceptance', (tx, row) => markDone(tx, [row], { provider: 'b' })],
      ['a quarantine', (tx, row) => quarantine(tx, [{ ...row, userId: 1 }], 'a test')],
    ]
    for (const status of ['done', 'failed', 'cancelled'] as const) {
      for (const [what, write] of writes) {
        it(`is not written over by ${what} when it is ${status}`, async () => {
          const smsIdentifier = newIdOf(stack.db)()
          const reference = `${smsIdentifier}:1`
          const row: RecipientState = {
            smsIdentifier,
            recipientNo: 1,
            reference,
            status,
            owner,
            ...{ makesEvents: 0, returned: 0, charging: 'acceptance' },
          }
          const id = identifierToBytes(smsIdentifier)
          await look(
            stack.db,
            sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, price, provider,
              created_at, updated_at) VALUES (${id}, 1, 1, '09120000001', ${status}, 1, 'a', NOW(3), NOW(3))`,
          )
          await assert.rejects(
            transact(stack.db, 'test.write', (tx) => write(tx, row)),
            /cannot go/,
          )
          const [left] = await look(
            stack.db,
            sql<{ status: string; provider: string }>`
              SELECT status, provider FROM sms_status WHERE sms_identifier = ${id}`,
          )
          assert.deepEqual(left, { status, provider: 'a' })
        })
      }
    }
  })
})
