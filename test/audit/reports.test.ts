import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { closeDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openInThePast } from '../support/inThePast.ts'
import { foldAll } from '../reports/recount.ts'
import { allOf, settle } from '../reports/settle.ts'

const HOUR_SECONDS = 3_600

describe('the audit of rollups', () => {
  let stack: Stack
  let db: Db
  let message: string
  afterEach(() => stack.drop())
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    const past = await openInThePast(stack.databaseUrl, HOUR_SECONDS)
    await fund(db, 1, 1_000_000)
    await fund(db, 2, 1_000_000)
    message = await sendOne(past, { userId: 1, to: 12 })
    // As a rate or a window does.
    await look(db, sql`UPDATE sms_requests SET delayed_until = created_at + INTERVAL 9 SECOND`)
    await settle(db, allOf(message, 4), 'done', 'delivered')
    await sendOne(past, { userId: 2, to: 3, type: 'express' })
    await sendOne(past, { userId: 2, to: 3, isTest: true })
    await closeDb(past)
    await foldAll(db)
  })

  async function find(): Promise<string[]> {
    const { violations } = await audit(db)
    return violations
      .filter(({ rule }) => rule === 'report')
      .map(({ subject, explanation }) => `${subject.replace(/\d{4}-\S+Z/g, '*')}: ${explanation}`)
      .sort()
  }

  it('finds nothing where the fold was right, changes that wait included', async () => {
    assert.deepEqual(await find(), [])
    await settle(db, [{ smsIdentifier: message, first: 5, last: 8 }], 'done')
    await settle(db, [{ smsIdentifier: message, first: 5, last: 6 }], 'delivered')
    await settle(db, [{ smsIdentifier: message, first: 9, last: 9 }], 'cancelled')
    await look(
      db,
      sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
          balance_after, description, created_at)
        SELECT sms_identifier, recipient_no, 'refund', user_id, 99, price, 0, '', NOW(3) FROM sms_status
        WHERE status = 'cancelled'`,
    )
    assert.deepEqual(await find(), [])
    await foldAll(db)
    assert.deepEqual(await find(), [])
  })

  const PLANTED: [string, ReturnType<typeof sql>, RegExp[]][] = [
    [
      'a minute that counts a message more',
      sql`UPDATE report_minutes SET messages = messages + 1 WHERE user_id = 2`,
      [
        /^minute \* of all customers: counts -1 messages more than its customers/,
        /^minute \* of customer 2: counts 1 messages more than its messages \(express, open\)/,
        /^quarter of an hour \* of customer 2: counts -1 messages more than its minutes/,
      ],
    ],
    [
      'a minute that lacks its customers',
      sql`DELETE FROM report_minutes WHERE user_id <> 0`,
      [
        ...Array<RegExp>(3).fill(/^minute \* of all customers: counts \d+ messages more than its customers/),
        ...[
          /^minute \* of customer 1: .*delivered/,
          /^minute \* of customer 1: /,
          /^minute \* of customer 2: /,
        ],
        ...[
          /^minutes .* of customer 1: have -12 more charged/,
          /^minutes .* of customer 2: have -9 more charged/,
        ],
        ...Array<RegExp>(3).fill(/^quarter of an hour \* of customer/),
      ],
    ],
    [
      'another cost',
      sql`UPDATE report_minutes SET cost = cost + 5 WHERE costed > 0`,
      [
        /^minute \* of customer 1: has other sums than its messages \(normal, operator_a, delivered\)/,
        /^quarter of an hour \* of all customers: has other sums than its minutes/,
        /^quarter of an hour \* of customer 1: has other sums than its minutes/,
      ],
    ],
    [
      'another latency',
      sql`UPDATE report_minutes SET handover_ms = handover_ms + 5 WHERE handovers > 0`,
      [
        /^minute \* of customer 1: has other sums than its messages \(normal, operator_a, delivered\)/,
        /^quarter of an hour \* of all customers: has other sums than its minutes/,
        /^quarter of an hour \* of customer 1: has other sums than its minutes/,
      ],
    ],
    [
      'a settlement without a note, which recounted money does not show',
      sql`UPDATE sms_status SET status = 'done', provider = 'operator_a', handed_over_at = NOW(3) WHERE user_id = 2`,
      [
        /^minute \* of customer 2: counts -3 messages more than its messages \(express, operator_a, sent\)/,
        /^minute \* of customer 2: counts 3 messages more than its messages \(express, open\)/,
      ],
    ],
    [
      'a refund that the rollup lacks',
      sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
          balance_after, description, created_at)
        SELECT sms_identifier, 12, 'refund', 1, 99, 7, 0, '', NOW(3) FROM sms_requests WHERE user_id = 1`,
      [/^minutes .* of customer 1: have 0 more charged and -7 more refunded than the ledger/],
    ],
    [
      'a quarter of an hour that is missing',
      sql`DELETE FROM report_quarters WHERE user_id = 2`,
      [
        /^day \* of customer 2: counts 3 messages more than its quarters/,
        /^quarter of an hour \* of all customers: counts 3 messages more than its customers/,
        /^quarter of an hour \* of customer 2: counts -3 messages more than its minutes/,
      ],
    ],
    [
      'a day with other parts',
      sql`UPDATE report_days SET parts = parts + 1 WHERE user_id = 2`,
      [
        /^day \* of all customers: has other sums than its customers/,
        /^day \* of customer 2: has other sums than its quarters/,
      ],
    ],
    [
      'a sum of all customers that is off',
      sql`UPDATE report_days SET charged = charged + 1 WHERE user_id = 0 AND type = 'express'`,
      [
        /^day \* of all customers: has other sums than its customers/,
        /^day \* of all customers: has other sums than its quarters/,
      ],
    ],
  ]
  for (const [what, plant, expected] of PLANTED)
    it(`finds ${what}`, async () => {
      await look(db, plant)
      const found = await find()
      assert.equal(found.length, expected.length, found.join('\n'))
      found.forEach((line, index) => assert.match(line, expected[index] ?? /^$/))
    })
})
