import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { read } from '../../src/platform/db/index.ts'
import { recipients, send, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { offerLoad } from '../support/load.ts'
import { runCommand } from './runCommand.ts'

describe('the audit', () => {
  let engine: TestEngine
  before(async () => {
    engine = await startTestEngine()
    await engine.operatorA.admin.change({ rejectedNumbers: ['0912999'] })
    await topUp(engine.url, 1, 1_000)
    await topUp(engine.url, 2, 1_000)
    await send(engine.url, { customer_id: 1, recipients: [...recipients(3), '0912999'] })
    await send(engine.url, { customer_id: 2, recipients: recipients(2), type: 'express' })
    await engine.drain()
  })
  after(() => engine.stop())

  const write = (statement: RawBuilder<unknown>) =>
    read(engine.db, 'test.plant', (reader) => statement.execute(reader))

  /** Plants a violation, asks the audit, and takes the violation away again. */
  async function planted(plant: RawBuilder<unknown>, undo: RawBuilder<unknown>) {
    await write(plant)
    try {
      return (await audit(engine.db)).violations
    } finally {
      await write(undo)
    }
  }

  it('finds nothing to object to, and says what it looked at', async () => {
    const { counts, ...report } = await audit(engine.db)
    assert.deepEqual([...new Set(Object.values(counts))], [0])
    assert.deepEqual(report, {
      ledgerRows: 5,
      recipients: 6,
      outboxRows: 0,
      possibleDuplicates: 0,
      violations: [],
    })
  })

  const failed = sql`(SELECT sms_identifier FROM (SELECT sms_identifier FROM sms_status WHERE status = 'failed') f)`
  const cases: [string, RawBuilder<unknown>, RawBuilder<unknown>, string, RegExp][] = [
    [
      'a balance that the ledger does not come to',
      sql`UPDATE user_balances SET balance = balance + 7 WHERE user_id = 1`,
      sql`UPDATE user_balances SET balance = balance - 7 WHERE user_id = 1`,
      'balance',
      /customer 1: the balance is 1004, the ledger comes to 997/,
    ],
    [
      'a ledger row whose running balance is wrong',
      sql`UPDATE user_transactions SET balance_after = balance_after + 1 WHERE user_id = 2 AND seq = 1`,
      sql`UPDATE user_transactions SET balance_after = balance_after - 1 WHERE user_id = 2 AND seq = 1`,
      'chain',
      /customer 2, ledger row 2: says 994 after -6, but 1001 stood before/,
    ],
    [
      'a ledger row that is missing in the chain',
      sql`UPDATE user_transactions SET seq = seq + 10 WHERE user_id = 2 AND seq = 2`,
      sql`UPDATE user_transactions SET seq = seq - 10 WHERE user_id = 2 AND seq = 12`,
      'chain',
      /customer 2: the ledger ends at row 1, the balance row says 2/,
    ],
    [
      'a ledger row that is doubled',
      sql`INSERT INTO user_transactions SELECT REPEAT('d', 16), 0, user_id, seq, amount, balance_after, 'topup', '', created_at
        FROM user_transactions WHERE user_id = 1 AND seq = 2`,
      sql`DELETE FROM user_transactions WHERE transaction_id = REPEAT('d', 16)`,
      'chain',
      /customer 1, ledger row 2: follows row 2: rows are missing or doubled/,
    ],
    [
      'a ledger row beyond the one that the balance row names',
      sql`INSERT INTO user_transactions VALUES (REPEAT('d', 16), 0, 1, 4, 0, 997, 'topup', '', NOW(3))`,
      sql`DELETE FROM user_transactions WHERE transaction_id = REPEAT('d', 16)`,
      'chain',
      /customer 1: the ledger ends at row 4, the balance row says 3/,
    ],
    [
      'a balance that was negative for a moment',
      sql`UPDATE user_transactions SET balance_after = balance_after - 2000 WHERE user_id = 2 AND seq = 1`,
      sql`UPDATE user_transactions SET balance_after = balance_after + 2000 WHERE user_id = 2 AND seq = 1`,
      'balance',
      /customer 2, ledger row 1: the balance was negative: -1000/,
    ],
    [
      'a customer with a ledger and no balance',
      sql`UPDATE user_balances SET user_id = 3 WHERE user_id = 2`,
      sql`UPDATE user_balances SET user_id = 2 WHERE user_id = 3`,
      'balance',
      /customer 2: has ledger rows and no balance row/,
    ],
    [
      'a charge that is not price x recipients',
      sql`UPDATE sms_requests SET price = 5 WHERE user_id = 2`,
      sql`UPDATE sms_requests SET price = 3 WHERE user_id = 2`,
      'charge',
      /-6 was moved for customer 2, wanted -10 for 2/,
    ],
    [
      'a request that was never charged, and the charge of a request that does not exist',
      sql`UPDATE user_transactions SET transaction_id = REPEAT('x', 16)
        WHERE transaction_type = 'charge' AND user_id = 2`,
      sql`UPDATE user_transactions SET transaction_id = (SELECT sms_identifier FROM sms_requests WHERE user_id = 2)
        WHERE transaction_id = REPEAT('x', 16)`,
      'charge',
      /was never charged\nmessage 78787878-.*, recipient 0: money was moved for it and it does not exist/,
    ],
    [
      'a charge that another customer paid',
      sql`UPDATE sms_requests SET user_id = 9 WHERE user_id = 2`,
      sql`UPDATE sms_requests SET user_id = 2 WHERE user_id = 9`,
      'charge',
      /-6 was moved for customer 2, wanted -6 for 9/,
    ],
    [
      'a recipient without a request',
      sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, provider,
            provider_message_id, created_at, updated_at)
          VALUES (REPEAT('x', 16), 1, 1, '09120000000', 'done', 'operator-a', 'm', NOW(3), NOW(3))`,
      sql`DELETE FROM sms_status WHERE sms_identifier = REPEAT('x', 16)`,
      'charge',
      /message 78787878-.*, recipient 1: has no request/,
    ],
    [
      'a recipient that was paid for and is not there',
      sql`UPDATE sms_requests SET recipients = 3, price = 2 WHERE user_id = 2`,
      sql`UPDATE sms_requests SET recipients = 2, price = 3 WHERE user_id = 2`,
      'charge',
      /paid for 3 recipients, has 2/,
    ],
    [
      'a failed recipient that was not refunded',
      sql`UPDATE user_transactions SET transaction_id = REPEAT('x', 16) WHERE transaction_type = 'refund'`,
      sql`UPDATE user_transactions SET transaction_id = ${failed} WHERE transaction_type = 'refund'`,
      'refund',
      /recipient 4: failed and was not refunded/,
    ],
    [
      'a refund of a recipient that did not fail',
      sql`UPDATE user_transactions SET recipient_no = 1 WHERE transaction_type = 'refund'`,
      sql`UPDATE user_transactions SET recipient_no = 4 WHERE transaction_type = 'refund'`,
      'refund',
      /recipient 1: is done and was refunded/,
    ],
    [
      'a refund of a recipient that does not exist',
      sql`UPDATE user_transactions SET recipient_no = 9 WHERE transaction_type = 'refund'`,
      sql`UPDATE user_transactions SET recipient_no = 4 WHERE transaction_type = 'refund'`,
      'refund',
      /recipient 9: money was moved for it and it does not exist/,
    ],
    [
      'a refund that went to another customer',
      sql`UPDATE user_transactions SET user_id = 2, seq = 3 WHERE transaction_type = 'refund'`,
      sql`UPDATE user_transactions SET user_id = 1, seq = 3 WHERE transaction_type = 'refund'`,
      'refund',
      /recipient 4: 1 went to customer 2, wanted 1 to 1/,
    ],
    [
      'a refund of the wrong amount',
      sql`UPDATE sms_requests SET price = 2, recipients = 2 WHERE user_id = 1`,
      sql`UPDATE sms_requests SET price = 1, recipients = 4 WHERE user_id = 1`,
      'refund',
      /recipient 4: 1 went to customer 1, wanted 2 to 1/,
    ],
    [
      'an unfinished recipient that no outbox row names',
      sql`UPDATE sms_status SET status = 'pending', owner = NULL WHERE user_id = 2 AND recipient_no = 2`,
      sql`UPDATE sms_status SET status = 'done' WHERE user_id = 2 AND recipient_no = 2`,
      'outbox',
      /recipient 2: is pending and no outbox row names it/,
    ],
    [
      'a recipient that is done without an operator',
      sql`UPDATE sms_status SET provider = '' WHERE user_id = 2 AND recipient_no = 1`,
      sql`UPDATE sms_status SET provider = 'operator-a' WHERE user_id = 2 AND recipient_no = 1`,
      'state',
      /recipient 1: is done without an operator and its message id/,
    ],
    [
      'a pending recipient that somebody owns',
      sql`UPDATE sms_status SET status = 'pending' WHERE user_id = 2 AND recipient_no = 1`,
      sql`UPDATE sms_status SET status = 'done' WHERE user_id = 2 AND recipient_no = 1`,
      'state',
      /recipient 1: is pending and has an owner/,
    ],
    [
      'a recipient that is sending and nobody’s',
      sql`UPDATE sms_status SET status = 'sending', lease_until = NULL WHERE user_id = 2 AND recipient_no = 1`,
      sql`UPDATE sms_status SET status = 'done' WHERE user_id = 2 AND recipient_no = 1`,
      'state',
      /recipient 1: is sending without an owner and a lease/,
    ],
    [
      'an outbox row that names recipients which do not exist',
      sql`INSERT INTO outbox_events (id, event_type, priority, next_run_at, payload, recipients, created_at)
        VALUES (REPEAT('y', 16), 'sms.send', 99, '2100-01-01',
                '[["01a1fdd7-ed8e-7260-96e0-d7fe1f915137",1,2,1]]', 2, NOW(3))`,
      sql`DELETE FROM outbox_events`,
      'dangling',
      /names recipients 1 to 2 of message 01a1fdd7-ed8e-7260-96e0-d7fe1f915137, which has 0/,
    ],
    [
      'an outbox row that cannot be read',
      sql`INSERT INTO outbox_events (id, event_type, priority, next_run_at, payload, recipients, created_at)
        VALUES (REPEAT('z', 16), 'sms.send', 99, '2100-01-01', 'nonsense', 2, NOW(3))`,
      sql`DELETE FROM outbox_events`,
      'dangling',
      /has a payload that cannot be read/,
    ],
  ]
  for (const [what, plant, undo, rule, explanation] of cases) {
    it(`finds ${what}`, async () => {
      const violations = await planted(plant, undo)
      const found = violations.filter((violation) => violation.rule === rule)
      const told = found.map(({ subject, explanation: text }) => `${subject}: ${text}`).join('\n')
      assert.match(told, explanation, JSON.stringify(violations))
    })
  }

  it('ends with 0 when the books balance, with 1 and the reason when not, with 2 when it cannot tell', async () => {
    const clean = await runCommand(engine.stack.databaseUrl)
    assert.equal(clean.code, 0)
    assert.match(clean.output, /audit: clean\n$/)
    await write(sql`UPDATE user_balances SET balance = balance + 7 WHERE user_id = 1`)
    const unclean = await runCommand(engine.stack.databaseUrl)
    await write(sql`UPDATE user_balances SET balance = balance - 7 WHERE user_id = 1`)
    assert.equal(unclean.code, 1)
    assert.match(unclean.output, /violation of 'balance': customer 1/)
    assert.match(unclean.output, /audit: 1 violations\n$/)
    const away = await runCommand('mysql://nobody:x@127.0.0.1:1/none')
    assert.equal(away.code, 2)
    assert.match(away.output, /could not be finished: .*ECONNREFUSED 127\.0\.0\.1:1/)
    assert.doesNotMatch(away.output, /nobody:x/)
  })

  it('counts what it does not explain any more', async () => {
    const many = sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated)
      SELECT 1000 + ROW_NUMBER() OVER (), 5, 0, NOW(3) FROM information_schema.columns LIMIT 250`
    await write(many)
    try {
      const { counts, violations } = await audit(engine.db)
      assert.equal(counts.balance + counts.chain, 250)
      assert.ok(violations.length > 0 && violations.length <= 200, `${violations.length} explained`)
    } finally {
      await write(sql`DELETE FROM user_balances WHERE user_id > 1000`)
    }
  })

  it('gives no false alarm while messages flow', async () => {
    await topUp(engine.url, 1, 1_000_000)
    await engine.operatorA.admin.change({
      rejectRate: 0.3,
      latency: { kind: 'uniform', minMs: 1, maxMs: 30 },
    })
    const load = offerLoad(engine.url, { customers: [1, 2], concurrency: 8, recipientsPerRequest: 4 })
    const reports = []
    while (reports.length < 10 || load.accepted.length < 200) reports.push(await audit(engine.db))
    await load.stop()
    for (const { violations } of reports) assert.deepEqual(violations, [])
    await engine.drain()
    assert.deepEqual((await audit(engine.db)).violations, [])
  })
})
