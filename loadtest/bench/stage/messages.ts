import { BALANCE } from './withCrew.ts'
import type { Database } from './database.ts'
import { identifierSql, numbersBelow } from './numbers.ts'

/** Messages of one recipient, written by SQL in millions and consistent for the audit. */
export interface Messages {
  customerFirst: number
  customers: number
  /** Each customer's; they take turns. */
  perCustomer: number
  /**
   * waiting: pending, with outbox rows that are due in an hour. done: finished. outbox: only outbox rows that are due,
   * for measuring claims.
   */
  state: 'waiting' | 'done' | 'outbox'
  /** The start of the time over which identifiers are spread evenly, and its length. */
  fromEpochMs: number
  overMs: number
}

/** Rows of one statement: its undo and its locks stay small. */
const ROWS_PER_STATEMENT = 250_000
const PRICE_NORMAL = 1

/** Writes messages with their charges, as sent by customers whose only other ledger row is from `seedCustomers`. */
export async function insertMessages(
  database: Database,
  messages: Messages,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<void> {
  const { customerFirst, customers, perCustomer, state } = messages
  const total = customers * perCustomer
  for (let from = 0; from < total; from += ROWS_PER_STATEMENT) {
    const count = Math.min(ROWS_PER_STATEMENT, total - from)
    for (const sql of statements(messages, from, count)) await database.run(sql)
    onProgress(from + count, total)
  }
  await database.run(
    `UPDATE user_balances SET balance = ?, last_seq = ? WHERE user_id >= ? AND user_id < ?`,
    [BALANCE - perCustomer * PRICE_NORMAL, 1 + perCustomer, customerFirst, customerFirst + customers],
  )
  if (state !== 'done') await database.run('ANALYZE TABLE outbox_events')
}

/** Makes all waiting messages due at this time. */
export async function makeDueIn(database: Database, afterMs: number): Promise<void> {
  await database.run('UPDATE outbox_events SET next_run_at = NOW(6) + INTERVAL ? MICROSECOND', [
    afterMs * 1_000,
  ])
}

function statements(messages: Messages, from: number, count: number): string[] {
  const { customerFirst, customers, perCustomer, state, fromEpochMs, overMs } = messages
  // Message n is its customer's turn-th; both follow from n alone, so that no statement needs another's rows.
  const n = `(n + ${from})`
  const userId = `${customerFirst} + ${n} MOD ${customers}`
  const turn = `(${n} DIV ${customers} + 1)`
  const epochMs = `(${fromEpochMs} + ${n} * ${overMs} DIV ${customers * perCustomer})`
  const id = identifierSql(epochMs, `${n} + ${customerFirst} * 1000000000`)
  const time = `FROM_UNIXTIME(${epochMs} / 1000)`
  const numbers = `${numbersBelow(count)} numbers`
  const isDone = state === 'done'
  const ranges = `CONCAT('[["', INSERT(INSERT(INSERT(INSERT(LOWER(HEX(${id})), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'),
    24, 0, '-'), '",1,1,', ${userId}, ']]')`
  const dueAt = state === 'waiting' ? 'NOW(6) + INTERVAL 1 HOUR' : time
  const outbox = `INSERT INTO outbox_events (id, event_type, priority, next_run_at, user_id, sms_identifier, payload,
                                             recipients, created_at)
    SELECT ${id}, 'sms.send', 0, ${dueAt}, ${userId}, ${id}, ${ranges}, 1, ${time} FROM ${numbers}`
  if (state === 'outbox') return [outbox]
  return [
    `INSERT INTO sms_requests (sms_identifier, user_id, type, text, price, recipients, created_at)
     SELECT ${id}, ${userId}, 'normal', 'benchmark', ${PRICE_NORMAL}, 1, ${time} FROM ${numbers}`,
    `INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, provider,
                             provider_message_id, created_at, updated_at)
     SELECT ${id}, 1, ${userId}, CONCAT('+999', LPAD(${n}, 11, '0')), '${isDone ? 'done' : 'pending'}',
            ${isDone ? `'operator-a', CONCAT('m', ${n})` : `'', NULL`}, ${time}, ${time} FROM ${numbers}`,
    `INSERT INTO user_transactions (transaction_id, recipient_no, user_id, seq, amount, balance_after,
                                    transaction_type, description, created_at)
     SELECT ${id}, 0, ${userId}, 1 + ${turn}, ${-PRICE_NORMAL}, ${BALANCE} - ${turn} * ${PRICE_NORMAL}, 'charge',
            '1 normal message', ${time} FROM ${numbers}`,
    ...(isDone ? [] : [outbox]),
  ]
}
