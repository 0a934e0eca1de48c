import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { markDone, markFailed, markSending, release } from '../../src/messages/index.ts'
import type { RecipientState } from '../../src/messages/index.ts'
import { TRANSITIONS, assertTransition, isTerminal } from '../../src/messages/status.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Tx } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const STATES = ['pending', 'sending', 'done', 'failed'] as const
const LEGAL = [
  'pending to sending',
  'sending to pending',
  'sending to sending',
  'sending to done',
  'sending to failed',
]

describe('the state of a recipient', () => {
  it('is one of four, of which done and failed are its end', () => {
    assert.deepEqual(Object.keys(TRANSITIONS), STATES)
    assert.deepEqual(STATES.filter(isTerminal), ['done', 'failed'])
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
      ['a claim', (tx, row) => markSending(tx, [row], { owner, leaseSeconds: 10, again: false })],
      ['a failure', (tx, row) => markFailed(tx, [row], { provider: 'a', possiblySent: false })],
      ['a release', (tx, row) => release(tx, [row], { tried: true, possiblySent: false })],
      ['an acceptance', (tx, row) => markDone(tx, [row], 'b', [{ ...row, providerMessageId: 'again' }])],
    ]
    for (const status of ['done', 'failed'] as const) {
      for (const [what, write] of writes) {
        it(`is not written over by ${what} when it is ${status}`, async () => {
          const smsIdentifier = newIdOf(stack.db)()
          const reference = `${smsIdentifier}:1`
          const row: RecipientState = { smsIdentifier, recipientNo: 1, reference, status, owner }
          const id = identifierToBytes(smsIdentifier)
          await look(
            stack.db,
            sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, provider,
              created_at, updated_at) VALUES (${id}, 1, 1, '09120000001', ${status}, 'a', NOW(3), NOW(3))`,
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
