import { sql } from 'kysely'
import { insertRows, keyIn, sqlValue } from '../platform/db/index.ts'
import type { Tx, Value } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { RecipientKey } from './recipients.ts'

/** A message whose operator is asked whether it was delivered. */
export interface ReceiptPoll extends RecipientKey {
  operator: string
  /** The number. */
  recipient: string
}

export interface NewPoll extends ReceiptPoll {
  /** Before the first question; each further one waits for twice as long. */
  everyMs: number
  /** After this long it is asked no more. */
  forMs: number
}

/** A customer that waits for a receipt gets it within this time of the operator's. */
const WAIT_MAX_MS = 3_600_000
/** Waits double up to here, and WAIT_MAX_MS bounds them before. */
const DOUBLINGS_MAX = 12

/** In the transaction of their hand-over. A recipient that is done again by a lost COMMIT has its row already. */
export async function storePolls(tx: Tx, polls: readonly NewPoll[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT IGNORE INTO receipt_polls (sms_identifier, recipient_no, operator, recipient, every_ms, next_at, ends_at)`,
    polls.map(({ smsIdentifier, recipientNo, operator, recipient, everyMs, forMs }) => [
      ...[identifierToBytes(smsIdentifier), recipientNo, operator, recipient, everyMs],
      ...[after(everyMs), after(forMs)],
    ]),
  )
}

/** A poll is not removed while it is asked for the last time. */
const LAST_QUESTION_SECONDS = 60

/** Polls that a process may ask now, and rows that were removed because their time is over. */
interface ClaimedPolls {
  due: ReceiptPoll[]
  ended: { operator: string }[]
}

/**
 * Claims polls that are due, oldest first, by moving each on to its next time: a process that dies leaves them due again. One
 * whose time is over is asked once more, and then removed.
 */
export async function claimPolls(tx: Tx, pollsMax: number): Promise<ClaimedPolls> {
  const { rows } = await sql<PollRow>`
    SELECT sms_identifier, recipient_no, operator, recipient, next_at > ends_at AS is_over
    FROM receipt_polls FORCE INDEX (idx_receipt_polls_next_at)
    WHERE next_at <= NOW(3) ORDER BY next_at LIMIT ${sql.lit(pollsMax)} FOR UPDATE SKIP LOCKED`.execute(tx)
  const over = rows.filter(({ is_over }) => is_over === 1)
  const due = rows.filter(({ is_over }) => is_over !== 1)
  if (due.length > 0)
    await sql`UPDATE receipt_polls FORCE INDEX (PRIMARY)
      SET next_at = IF(NOW(3) >= ends_at, NOW(3) + INTERVAL ${sql.lit(LAST_QUESTION_SECONDS)} SECOND, LEAST(ends_at, NOW(3) + INTERVAL
          LEAST(${sql.lit(WAIT_MAX_MS)}, every_ms * (1 << LEAST(asked + 1, ${sql.lit(DOUBLINGS_MAX)}))) * 1000
          MICROSECOND)),
        asked = LEAST(asked + 1, 65535)
      WHERE ${keyIn(KEY, due.map(keyOf))}`.execute(tx)
  await remove(tx, over.map(keyOf))
  return { due: due.map(toPoll), ended: over.map(({ operator }) => ({ operator })) }
}

/** Polls that were claimed and not asked: they are due again as they were before. */
export async function returnPolls(tx: Tx, keys: readonly RecipientKey[]): Promise<void> {
  const all = keys.map(({ smsIdentifier, recipientNo }) => [identifierToBytes(smsIdentifier), recipientNo])
  await sql`UPDATE receipt_polls FORCE INDEX (PRIMARY)
    SET next_at = NOW(3), ends_at = GREATEST(ends_at, NOW(3)), asked = IF(asked > 0, asked - 1, 0)
    WHERE ${keyIn(KEY, all)}`.execute(tx)
}

/** Removes polls that have their answer. */
export async function removePolls(tx: Tx, keys: readonly RecipientKey[]): Promise<void> {
  await remove(
    tx,
    keys.map(({ smsIdentifier, recipientNo }) => [identifierToBytes(smsIdentifier), recipientNo]),
  )
}

const KEY = ['sms_identifier', 'recipient_no'] as const
const KEYS_PER_DELETE_MAX = 1_000

interface PollRow {
  sms_identifier: Buffer
  recipient_no: number
  operator: string
  recipient: string
  is_over: number
}

async function remove(tx: Tx, keys: Value[][]): Promise<void> {
  for (let start = 0; start < keys.length; start += KEYS_PER_DELETE_MAX)
    await sql`DELETE FROM receipt_polls WHERE ${keyIn(KEY, keys.slice(start, start + KEYS_PER_DELETE_MAX))}`.execute(
      tx,
    )
}

function keyOf({ sms_identifier, recipient_no }: PollRow): Value[] {
  return [sms_identifier, recipient_no]
}

function toPoll({ sms_identifier, recipient_no: recipientNo, operator, recipient }: PollRow): ReceiptPoll {
  return { smsIdentifier: identifierFromBytes(sms_identifier), recipientNo, operator, recipient }
}

function after(ms: number): Value {
  return sqlValue(`NOW(3) + INTERVAL ${Math.round(ms) * 1_000} MICROSECOND`)
}
