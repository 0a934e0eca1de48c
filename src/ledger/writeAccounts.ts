import { sql } from 'kysely'
import { NOW, insertRows } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Account } from './accounts.ts'

/**
 * Writes what was proposed to locked accounts: the ledger rows, then each changed account once (invariants 2 and 6).
 * Each ledger row carries the customer's running number and the balance after it, so that an audit walks the chain
 * without trusting clocks.
 */
export async function writeAccounts(tx: Tx, accounts: Iterable<Account>): Promise<void> {
  const changed = [...accounts].filter(({ entries }) => entries.length > 0)
  if (changed.length === 0) return
  await insertRows(
    tx,
    sql`INSERT INTO user_transactions (transaction_id, recipient_no, transaction_type, user_id, seq, amount,
      balance_after, description, created_at)`,
    changed.flatMap(toRows),
  )
  await updateBalances(tx, changed)
  for (const account of changed) account.entries = []
}

/** Numbers and balances are counted back from the last entry, which is the account as it stands. */
function toRows({ userId, balance, lastSeq, entries }: Account): Value[][] {
  let seq = lastSeq - entries.length
  let after = balance - entries.reduce((sum, { amount }) => sum + amount, 0)
  return entries.map(({ transactionId, recipientNo, type, amount, description }) => {
    after += amount
    seq += 1
    return [identifierToBytes(transactionId), recipientNo, type, userId, seq, amount, after, description, NOW]
  })
}

/**
 * Coming from a list of the new values, each row is found once by its key: a CASE with a branch for each customer is
 * searched anew for each, which for 2,000 of them costs three times as much.
 */
async function updateBalances(tx: Tx, accounts: Account[]): Promise<void> {
  const values = accounts
    .toSorted((a, b) => a.userId - b.userId)
    .map(({ userId, balance, lastSeq, fairTag, partsTatMicros, sendingTatMicros, spending }) => [
      ...[userId, balance, lastSeq, fairTag, partsTatMicros, sendingTatMicros],
      ...[spending.day, spending.ofDay, spending.ofMonth],
    ])
  const { numAffectedRows } = await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]' ERROR ON ERROR,
      balance BIGINT PATH '$[1]' ERROR ON ERROR, last_seq BIGINT PATH '$[2]' ERROR ON ERROR,
      fair_tag BIGINT PATH '$[3]' ERROR ON ERROR, parts_tat BIGINT PATH '$[4]' ERROR ON ERROR,
      sending_tat BIGINT PATH '$[5]' ERROR ON ERROR, spend_day INT PATH '$[6]' ERROR ON ERROR,
      spent_of_day BIGINT PATH '$[7]' ERROR ON ERROR, spent_of_month BIGINT PATH '$[8]' ERROR ON ERROR)) proposed
    STRAIGHT_JOIN user_balances b FORCE INDEX (PRIMARY) ON b.user_id = proposed.user_id
    SET b.balance = proposed.balance, b.last_seq = proposed.last_seq, b.fair_tag = proposed.fair_tag,
        b.parts_tat = proposed.parts_tat, b.sending_tat = proposed.sending_tat, b.spend_day = proposed.spend_day,
        b.spent_of_day = proposed.spent_of_day, b.spent_of_month = proposed.spent_of_month, b.last_updated = NOW(3)`.execute(
    tx,
  )
  // A value that joins to no row would be skipped silently, and the ledger would go on without its balance.
  if (Number(numAffectedRows) !== accounts.length)
    throw new Error(`${accounts.length} balances were proposed and ${numAffectedRows} updated`)
}
