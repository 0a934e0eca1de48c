import { BALANCE } from './withCrew.ts'
import { startTags } from '../../../src/outbox/index.ts'
import { LANES, microsFromNow } from '../../../src/outbox/lanes.ts'
import type { Database } from './database.ts'
import { identifierSql, numbersBelow } from './numbers.ts'

/** Messages of one recipient, written by SQL in millions and consistent for the audit. */
export interface Messages {
  customerFirst: number
  customers: number
  /** Each customer's; they take turns. */
  perCustomer: number
  /**
   * waiting: pending and scheduled, with outbox rows that are due in an hour. done: at their end. outbox: nothing but
   * ready outbox rows, for the claim alone.
   */
  state: 'waiting' | 'done' | 'outbox'
  /** The start of the time over which identifiers are spread evenly, and its length. */
  fromEpochMs: number
  overMs: number
}

/** Rows of one statement: its undo and its locks stay small. */
const ROWS_PER_STATEMENT = 250_000
const PRICE_NORMAL = 1
const LANE = LANES.normal
const HOUR_MS = 3_600_000
const IDENTIFIER_BYTES = 16
const ROWS_PER_MOVE = 5_000
/** A message of one part advances its customer's tag by this much, so that customers take turns. */
const TAG_UNITS_PER_MESSAGE = startTags(0, 0, [1]).lastTag

/** Writes messages with their charges, as sent by customers whose only other ledger row is from `seedCustomers`. */
export async function insertMessages(
  database: Database,
  messages: Messages,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<void> {
  const { customerFirst, customers, perCustomer, state } = messages
  const total = customers * perCustomer
  const dueEpochMs = Date.now() + HOUR_MS
  for (let from = 0; from < total; from += ROWS_PER_STATEMENT) {
    const count = Math.min(ROWS_PER_STATEMENT, total - from)
    for (const sql of statements(messages, { from, count, dueEpochMs })) await database.run(sql)
    onProgress(from + count, total)
  }
  await database.run(
    `UPDATE user_balances SET balance = ?, last_seq = ? WHERE user_id >= ? AND user_id < ?`,
    [BALANCE - perCustomer * PRICE_NORMAL, 1 + perCustomer, customerFirst, customerFirst + customers],
  )
  if (state !== 'done') await database.run('ANALYZE TABLE outbox_events')
}

/** Waiting messages become due then, all at once. Nothing but the relay's claims writes meanwhile. */
export async function makeDueIn(database: Database, afterMs: number): Promise<void> {
  await database.run(`UPDATE outbox_events SET order_key = ${microsFromNow(afterMs)} WHERE lane = ?`, [
    LANE.waiting,
  ])
}

/**
 * Moves the rows of waiting messages to the ready lane, as if the messages were accepted now: look-ups that follow meet
 * no rows that came due at once. Transactions are small, because a claim reads past
 * all rows that one of them locks.
 */
export async function makeReady(database: Database): Promise<void> {
  const [waiting] = await database.rows<{ due: number }>(
    'SELECT MAX(order_key) AS due FROM outbox_events WHERE lane = ?',
    [LANE.waiting],
  )
  const isOfOne = 'lane = ? AND order_key = ? AND id > ?'
  let after: Buffer = Buffer.alloc(IDENTIFIER_BYTES)
  for (;;) {
    const from = [LANE.waiting, waiting?.due, after]
    const rows = await database.rows<{ id: Buffer }>(
      `SELECT id FROM outbox_events WHERE ${isOfOne} ORDER BY id LIMIT ${ROWS_PER_MOVE}`,
      from,
    )
    const last = rows.at(-1)
    if (!last) return
    await database.run(
      `UPDATE outbox_events
       SET lane = ?, order_key = (SELECT order_key FROM outbox_positions WHERE outbox_positions.lane = ?)
       WHERE ${isOfOne} AND id <= ?`,
      [LANE.ready, LANE.ready, ...from, last.id],
    )
    after = last.id
  }
}

interface Part {
  from: number
  count: number
  /** Of waiting messages; the same in the request and in the outbox row. */
  dueEpochMs: number
}

function statements(messages: Messages, { from, count, dueEpochMs }: Part): string[] {
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
  const [lane, orderKey] =
    state === 'waiting'
      ? [LANE.waiting, dueEpochMs * 1_000]
      : [LANE.ready, `(${turn} - 1) * ${TAG_UNITS_PER_MESSAGE}`]
  const outbox = `INSERT INTO outbox_events (id, lane, order_key, user_id, sms_identifier, payload, recipients,
                                             created_at)
    SELECT ${id}, ${lane}, ${orderKey}, ${userId}, ${id}, ${ranges}, 1, ${time} FROM ${numbers}`
  if (state === 'outbox') return [outbox]
  return [
    `INSERT INTO sms_requests (sms_identifier, user_id, type, text, recipients, send_at, created_at)
     SELECT ${id}, ${userId}, 'normal', 'benchmark', 1, ${isDone ? 'NULL' : `FROM_UNIXTIME(${dueEpochMs} / 1000)`}, ${time} FROM ${numbers}`,
    `INSERT INTO sms_status (sms_identifier, recipient_no, user_id, recipient, status, attempts, provider,
                             handed_over_at, price, created_at, updated_at)
     SELECT ${id}, 1, ${userId}, CONCAT('+999', LPAD(${n}, 11, '0')),
            ${isDone ? `'done', 1, 'operator-a', ${time}` : `'pending', 0, '', NULL`}, ${PRICE_NORMAL},
            ${time}, ${time} FROM ${numbers}`,
    `INSERT INTO user_transactions (transaction_id, recipient_no, user_id, seq, amount, balance_after,
                                    transaction_type, description, created_at)
     SELECT ${id}, 0, ${userId}, 1 + ${turn}, ${-PRICE_NORMAL}, ${BALANCE} - ${turn} * ${PRICE_NORMAL}, 'charge',
            '1 normal message', ${time} FROM ${numbers}`,
    ...(isDone ? [] : [outbox]),
  ]
}
