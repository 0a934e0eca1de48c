import { sql } from 'kysely'
import type { Rule } from '../../../src/audit/index.ts'
import { bytes } from '../variedTables.ts'
import { OF_NOTHING, recipient, refundOf, setRecipient } from './planted.ts'
import type { Planted } from './planted.ts'

/** The oldest that there can be, of so many rows. */
const removedWeek = (entries: number) =>
  sql`INSERT INTO removed_weeks (kind, below, state, entries, changed_at)
    VALUES ('ledger', UNHEX('00001499700000000000000000000000'), 'dropped', ${entries}, NOW(3))`

export const MONEY: Planted[] = [
  {
    what: 'a removed week whose sums are not those of its customers',
    plant: () => [removedWeek(5)],
    expected: () => [['removed', 'ledger of the week before 1970-01-05']],
  },
  {
    what: 'sums of removed rows that lead nowhere',
    plant: () => [
      removedWeek(1),
      sql`INSERT INTO removed_ledger SELECT 1, below, 1, 0, 0, 0, 7, 9 FROM removed_weeks`,
    ],
    expected: () => [['removed', 'customer 1']],
  },
  {
    what: 'a balance that the ledger does not come to',
    plant: () => [sql`UPDATE user_balances SET balance = balance + 7 WHERE user_id = 1`],
    expected: () => [['balance', 'customer 1']],
  },
  {
    what: 'a balance that was negative for a moment',
    plant: () => [
      sql`UPDATE user_transactions SET balance_after = balance_after - 2000 WHERE user_id = 2 AND seq = 1`,
    ],
    expected: () => [
      ['balance', 'customer 2, ledger row 1'],
      ['chain', 'customer 2, ledger row 1'],
      ['chain', 'customer 2, ledger row 2'],
    ],
  },
  {
    what: 'a customer with a ledger and no balance',
    plant: () => [sql`DELETE FROM user_balances WHERE user_id = 2`],
    expected: () => [['balance', 'customer 2']],
  },
  {
    what: 'a ledger row whose running balance is wrong',
    plant: () => [
      sql`UPDATE user_transactions SET balance_after = balance_after + 1 WHERE user_id = 2 AND seq = 2`,
    ],
    expected: () => [
      ['chain', 'customer 2, ledger row 2'],
      ['chain', 'customer 2, ledger row 3'],
    ],
  },
  {
    what: 'a ledger row that is missing in the chain',
    plant: () => [sql`UPDATE user_transactions SET seq = seq + 100 WHERE user_id = 2 AND seq = 2`],
    expected: () => [
      ['chain', 'customer 2, ledger row 3'],
      ['chain', 'customer 2, ledger row 3'],
      ['chain', 'customer 2'],
    ],
  },
  {
    what: 'a ledger row that is there twice',
    plant: () => [
      sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
            balance_after, description, created_at)
          SELECT REPEAT('x', 16), 0, 'topup', user_id, seq, amount, balance_after, '', created_at
          FROM user_transactions WHERE user_id = 1 AND seq = 2`,
    ],
    expected: () => [
      ['chain', 'customer 1, ledger row 2'],
      ['chain', 'customer 1, ledger row 2'],
    ],
  },
  {
    what: 'a ledger row beyond the one that the balance row names',
    plant: () => [
      sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
          balance_after, description, created_at) VALUES (REPEAT('x', 16), 0, 'topup', 1, 99, 0, 9, '', NOW(3))`,
    ],
    expected: () => [['chain', 'customer 1']],
  },
  {
    what: 'a charge that is not the price of the recipients',
    plant: ({ express }) => [setRecipient(express, 1, sql`price = 5`)],
    expected: ({ express }) => [['charge', `message ${express}`]],
  },
  {
    what: 'a request that was never charged, and the charge of a request that does not exist',
    plant: ({ express }) => [
      sql`UPDATE user_transactions SET transaction_id = REPEAT('x', 16)
        WHERE transaction_id = ${bytes(express)} AND transaction_type = 'charge'`,
    ],
    expected: ({ express }) => [
      ['charge', `message ${express}`],
      ['charge', recipient(OF_NOTHING, 0)],
    ],
  },
  {
    what: 'a recipient without a request',
    plant: () => [
      sql`INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, price, provider,
          handed_over_at, created_at, updated_at)
        VALUES (REPEAT('x', 16), 1, 1, '09120000000', 'done', 1, 'operator-a', NOW(3), NOW(3), NOW(3))`,
    ],
    expected: () => [['charge', recipient(OF_NOTHING, 1)]],
  },
  {
    what: 'a recipient that was paid for and is not there',
    plant: ({ ended }) => [
      sql`UPDATE sms_requests SET recipients = 5 WHERE sms_identifier = ${bytes(ended)}`,
    ],
    expected: ({ ended }) => [['charge', `message ${ended}`]],
  },
  {
    what: 'a request without recipients',
    plant: ({ express }) => [sql`DELETE FROM sms_status WHERE sms_identifier = ${bytes(express)}`],
    expected: ({ express }) => [
      ['charge', `message ${express}`],
      ['charge', `message ${express}`],
      ...[1, 2].flatMap((no): [Rule, string][] => [
        ['delivery', recipient(express, no)],
        ['part', recipient(express, no)],
      ]),
    ],
  },
  {
    what: 'a failed recipient that was not refunded, and the refund of one that does not exist',
    plant: ({ ended }) => [sql`UPDATE user_transactions SET recipient_no = 9 WHERE ${refundOf(ended, 4)}`],
    expected: ({ ended }) => [
      ['refund', recipient(ended, 4)],
      ['refund', recipient(ended, 9)],
    ],
  },
  {
    what: 'a cancelled recipient that was not refunded, and the refund of a done one',
    plant: ({ cancelled, ended }) => [
      sql`UPDATE user_transactions SET transaction_id = ${bytes(ended)} WHERE ${refundOf(cancelled, 1)}`,
    ],
    expected: ({ cancelled, ended }) => [
      ['refund', recipient(cancelled, 1)],
      ['refund', recipient(ended, 1)],
    ],
  },
  {
    what: 'a refund of another amount than the price',
    plant: ({ ended }) => [setRecipient(ended, 4, sql`price = 2`), setRecipient(ended, 3, sql`price = 0`)],
    expected: ({ ended }) => [['refund', recipient(ended, 4)]],
  },
  {
    what: 'cancelled recipients that were refunded another amount than their prices',
    plant: ({ cancelled }) => [
      setRecipient(cancelled, 1, sql`price = 2`),
      setRecipient(cancelled, 2, sql`price = 0`),
    ],
    expected: ({ cancelled }) => [
      ['refund', recipient(cancelled, 1)],
      ['refund', recipient(cancelled, 2)],
    ],
  },
  {
    what: 'a recipient that is sent and was refunded as if it were cancelled',
    plant: ({ cancelled }) => [
      setRecipient(cancelled, 1, sql`status = 'done', provider = 'operator-a', handed_over_at = NOW(3)`),
    ],
    expected: ({ cancelled }) => [['refund', recipient(cancelled, 1)]],
  },
  {
    what: 'a sent recipient that got its price back and does not say so',
    plant: ({ told }) => [
      sql`UPDATE user_transactions SET recipient_no = 1, transaction_type = 'compensation'
        WHERE ${refundOf(told, 2)}`,
    ],
    expected: ({ told }) => [
      ['refund', recipient(told, 2)],
      ['refund', recipient(told, 1)],
      ['deadline', recipient(told, 1)],
    ],
  },
  {
    what: 'sent recipients that say that their price, a part of it or more than it went back, which it did not',
    plant: ({ ended, quarantined }) => [
      setRecipient(ended, 1, sql`returned = 1`),
      setRecipient(quarantined, 1, sql`returned = 2`),
    ],
    expected: ({ ended, quarantined }) => [
      ['refund', recipient(ended, 1)],
      ['refund', recipient(quarantined, 1)],
    ],
  },
  {
    what: 'an unfinished recipient that says that its price went back, which it did not',
    plant: ({ ready }) => [setRecipient(ready, 1, sql`returned = 1`)],
    expected: ({ ready }) => [['refund', recipient(ready, 1)]],
  },
  {
    what: 'a cancelled recipient that got its price back twice, by two kinds of entries',
    plant: ({ cancelled }) => [
      sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
            balance_after, description, created_at)
          SELECT f.transaction_id, 1, 'compensation', 2, b.last_seq + 1, 1, b.balance + 1, '', NOW(3)
          FROM user_transactions f JOIN user_balances b ON b.user_id = 2 WHERE ${refundOf(cancelled, 1)}`,
      sql`UPDATE user_balances SET balance = balance + 1, last_seq = last_seq + 1 WHERE user_id = 2`,
    ],
    expected: ({ cancelled }) => [
      ['refund', recipient(cancelled, 1)],
      ['deadline', recipient(cancelled, 1)],
    ],
  },
  {
    what: 'a test message that costs something',
    plant: ({ express }) => [
      sql`UPDATE sms_requests SET is_test = TRUE WHERE sms_identifier = ${bytes(express)}`,
    ],
    expected: ({ express }) => [['charge', `message ${express}`]],
  },
  {
    what: 'a charge that another customer paid',
    plant: ({ cancelled }) => [
      sql`UPDATE sms_requests SET user_id = 9 WHERE sms_identifier = ${bytes(cancelled)}`,
      sql`UPDATE sms_status SET user_id = 9 WHERE sms_identifier = ${bytes(cancelled)}`,
    ],
    expected: ({ cancelled }) => [
      ['customer', `message ${cancelled}`],
      ['customer', recipient(cancelled, 1)],
      ['customer', recipient(cancelled, 2)],
    ],
  },
  {
    what: 'a recipient under another customer than its request, refunded to the wrong one',
    plant: ({ ended }) => [
      setRecipient(ended, 4, sql`user_id = 2`),
      sql`UPDATE user_transactions SET user_id = 2 WHERE ${refundOf(ended, 4)}`,
    ],
    expected: ({ ended }) => [
      ['customer', recipient(ended, 4)],
      ['chain', 'customer 1, ledger row 4'],
      ['chain', 'customer 1, ledger row 4'],
      ['chain', 'customer 2, ledger row 3'],
      ['chain', 'customer 2, ledger row 3'],
      ['chain', 'customer 2, ledger row 3'],
    ],
  },
  {
    what: 'a recipient under another customer than its request',
    plant: ({ express }) => [setRecipient(express, 1, sql`user_id = 3`)],
    expected: ({ express }) => [['customer', recipient(express, 1)]],
  },
]
