import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openSlice } from '../../src/audit/pass.ts'
import { fund, look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { runPass } from './runPass.ts'
import { arrangeVariedTables } from './variedTables.ts'
import type { VariedTables } from './variedTables.ts'

describe('a slice of the audit', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())

  let tables: VariedTables
  beforeEach(async () => (tables = await arrangeVariedTables(stack.db)))

  it('examines what is within its bounds, and all that the ledger has gained since', async () => {
    const [after, upTo] = [tables.ended, tables.ready].map((id) => id.replaceAll('-', '')) as [string, string]
    const first = await runPass(openSlice(stack.db, { after, upTo }), 3)
    // express, cancelled and ready have two recipients each; of their outbox rows one is left.
    assert.deepEqual(first, {
      rows: { messages: 6, accounts: 18, outbox: 0 },
      violations: [],
      steps: first.steps,
    })
    await fund(stack.db, 2, 10)
    const second = await runPass(openSlice(stack.db, { after, upTo }), 3)
    assert.deepEqual(second.rows['accounts'], 1)
  })

  const bounds = { after: '00', upTo: 'ff'.repeat(16) }
  const seq = sql`SELECT last_seq FROM user_balances WHERE user_id = 2`
  const planted: [string, ReturnType<typeof sql>[], (varied: VariedTables) => string[]][] = [
    [
      'a balance that moved without the ledger',
      [sql`UPDATE user_balances SET balance = balance + 7 WHERE user_id = 2`],
      () => ['balance: customer 2'],
    ],
    [
      'a balance row that names too late a row',
      [sql`UPDATE user_balances SET last_seq = last_seq + 1 WHERE user_id = 2`],
      () => ['chain: customer 2'],
    ],
    [
      'a new ledger row with a wrong amount',
      [
        sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
                balance_after, description, created_at)
              SELECT REPEAT('x', 16), 0, 'topup', 2, last_seq + 1, 5, balance + 6, '', NOW(3) FROM user_balances
              WHERE user_id = 2`,
        sql`UPDATE user_balances SET last_seq = last_seq + 1, balance = balance + 6 WHERE user_id = 2`,
      ],
      () => ['chain: customer 2, ledger row'],
    ],
    [
      'a new refund of a recipient that is done',
      [
        sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
                balance_after, description, created_at)
              SELECT (SELECT MIN(sms_identifier) FROM sms_requests), 1, 'refund', 1, last_seq + 1, 5, balance + 5, '',
                NOW(3) FROM user_balances WHERE user_id = 1`,
        sql`UPDATE user_balances SET last_seq = last_seq + 1, balance = balance + 5 WHERE user_id = 1`,
      ],
      ({ ended }) => [`refund: message ${ended}, recipient 1`],
    ],
  ]
  for (const [what, plants, expected] of planted) {
    it(`finds ${what}`, async () => {
      assert.deepEqual((await runPass(openSlice(stack.db, bounds), 100)).violations, [])
      const [row] = (await look(stack.db, sql<{ last_seq: number }>`${seq}`)) as { last_seq: number }[]
      for (const plant of plants) await look(stack.db, plant)
      const { violations } = await runPass(openSlice(stack.db, { after: 'ff'.repeat(15), upTo: '' }), 100)
      const wanted = expected(tables).map((line) =>
        line.endsWith('ledger row') ? `${line} ${(row?.last_seq ?? 0) + 1}` : line,
      )
      assert.deepEqual(violations, wanted)
      const again = await runPass(openSlice(stack.db, { after: 'ff'.repeat(15), upTo: '' }), 100)
      assert.deepEqual(again.violations, [], 'and goes on behind it')
    })
  }
})
