import { sql } from 'kysely'
import { read, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { append } from './append.ts'
import { ENVELOPE_RECIPIENTS_MAX, decodeRanges } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { pack } from './pack.ts'
import type { Packable } from './pack.ts'
import { PRIORITY } from './priority.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** Envelopes leased to this relay. `leaseUntil` is the due time it wrote: who finds it unchanged still holds them. */
export interface Claim {
  type: MessageClass
  envelopes: Envelope[]
  leaseUntil: string
  /** Due rows that this program cannot read; they were put off, so that they hold up nobody. */
  unreadable: string[]
  /** More may be due: it took as many rows as it asked for, or could not pack them all. */
  isFull: boolean
}

/** Recipients of one claim: a few hundred milliseconds of an operator's work, and a transaction of some 10 ms. */
export const CLAIM_RECIPIENTS_MAX = 2_000

/** How much one claim may hold. */
export interface ClaimBounds {
  /** Recipients of all envelopes together and, up to 100, of one. */
  batchSizeMax?: number
  /** Rows it may lock: what is merged costs by the row, what goes as it is next to nothing. */
  rowsMax?: number
}

/** How long a claimed row may wait for the broker's confirm before another relay may publish it too. */
const CLAIM_LEASE_SECONDS = 10
/** A row that cannot be read is looked at again this much later: a newer program may be on its way. */
const UNREADABLE_DELAY_SECONDS = 60

interface DueRow {
  id: Buffer
  user_id: number | null
  payload: string
  recipients: number
  attempts: number
  due_at: string
  lease_until: string
}

interface ReadableRow extends DueRow, Packable {}

/** @returns whether anything of the class is due; one index look-up, cheap enough for an idle poller. */
export function hasDue(db: Db, type: MessageClass): Promise<boolean> {
  return read(db, 'outbox.has_due', async (reader) => {
    const { rows } = await sql`SELECT 1 FROM outbox_events
      WHERE priority = ${PRIORITY[type]} AND next_run_at <= NOW(6) LIMIT 1`.execute(reader)
    return rows.length > 0
  })
}

/**
 * Claims due rows of one class, oldest due first, by moving their due time into the future: a lease that needs no
 * column of its own. Rows of few recipients are merged into envelopes of up to 100 and swapped for one envelope row
 * in the same transaction, so that at every commit each unfinished recipient is named by a row (invariant 4).
 */
export function claim(
  db: Db,
  type: MessageClass,
  envelopesMax: number,
  newId: () => string,
  { batchSizeMax = CLAIM_RECIPIENTS_MAX, rowsMax = batchSizeMax }: ClaimBounds = {},
): Promise<Claim | undefined> {
  const envelopeRecipientsMax = Math.min(ENVELOPE_RECIPIENTS_MAX, batchSizeMax)
  const recipientsMax = Math.min(batchSizeMax, envelopesMax * envelopeRecipientsMax)
  const limits = { envelopesMax, recipientsMax, rowsMax, envelopeRecipientsMax }
  return transact(db, 'outbox.claim', async (tx) => {
    const { rows: due, isFull } = await lockDue(tx, type, limits)
    const [head] = due
    if (!head) return undefined
    const rows = due.map((row) => ({
      ...row,
      ranges: decodeRanges(row.payload),
      isMerged: row.user_id === null,
    }))
    const readable = rows.filter((row): row is ReadableRow => row.ranges !== undefined)
    const unreadable = rows.filter(({ ranges }) => ranges === undefined)
    await postponeUnreadable(tx, unreadable)
    const packs = pack(readable, limits)
    const isPacked = packs.flat().length === readable.length
    const alone = packs.filter((rows) => rows.length === 1).flat()
    const merged = packs.filter((rows) => rows.length > 1)
    await lease(tx, alone, head.lease_until)
    const swapped = await swap(tx, type, merged, head.lease_until, newId)
    return {
      type,
      isFull: isFull || !isPacked,
      envelopes: [...alone.map((row) => toEnvelope(type, row)), ...swapped],
      leaseUntil: head.lease_until,
      unreadable: unreadable.map(({ id }) => identifierFromBytes(id)),
    }
  })
}

/**
 * Locks due rows, the first due first: as many as there may be envelopes, and when they turn out to be small, as many
 * more as their size lets expect to fit. What is locked beyond need is out of other relays' reach meanwhile.
 */
async function lockDue(
  tx: Tx,
  type: MessageClass,
  limits: { envelopesMax: number; recipientsMax: number; rowsMax: number },
): Promise<{ rows: DueRow[]; isFull: boolean }> {
  const firstMax = Math.min(limits.envelopesMax, limits.recipientsMax, limits.rowsMax)
  const first = await lockAfter(tx, type, undefined, firstMax)
  if (first.length < firstMax) return { rows: first, isFull: false }
  const recipients = first.reduce((sum, row) => sum + Math.max(row.recipients, 1), 0)
  const expected = Math.ceil((limits.recipientsMax - recipients) / (recipients / first.length))
  const moreMax = Math.min(expected, limits.rowsMax - first.length)
  if (moreMax <= 0) return { rows: first, isFull: true }
  const more = await lockAfter(tx, type, first.at(-1), moreMax)
  return { rows: [...first, ...more], isFull: more.length >= moreMax }
}

/**
 * The index is named because the order of locking is the point: where statistics are young the optimizer prefers to
 * read the whole table and sort, which locks every due row, and other relays get none.
 */
async function lockAfter(
  tx: Tx,
  type: MessageClass,
  after: DueRow | undefined,
  rowsMax: number,
): Promise<DueRow[]> {
  const beyond = after
    ? sql`AND next_run_at >= ${after.due_at} AND (next_run_at > ${after.due_at} OR id > ${after.id})`
    : sql``
  const { rows } = await sql<DueRow>`
    SELECT id, user_id, payload, recipients, attempts, CAST(next_run_at AS CHAR) AS due_at,
           CAST(NOW(6) + INTERVAL ${sql.lit(CLAIM_LEASE_SECONDS)} SECOND AS CHAR) AS lease_until
    FROM outbox_events FORCE INDEX (idx_outbox_due)
    WHERE priority = ${PRIORITY[type]} AND next_run_at <= NOW(6) ${beyond}
    ORDER BY next_run_at, id
    LIMIT ${sql.lit(rowsMax)}
    FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows
}

function toEnvelope(type: MessageClass, { id, ranges }: ReadableRow): Envelope {
  return { outboxId: identifierFromBytes(id), type, ranges }
}

async function postponeUnreadable(tx: Tx, rows: DueRow[]): Promise<void> {
  if (rows.length === 0) return
  const ids = sql.join(rows.map(({ id }) => id))
  await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
    SET next_run_at = NOW(6) + INTERVAL ${sql.lit(UNREADABLE_DELAY_SECONDS)} SECOND, attempts = attempts + 1,
        last_error = 'the payload cannot be read' WHERE id IN (${ids})`.execute(tx)
}

async function lease(tx: Tx, rows: DueRow[], leaseUntil: string): Promise<void> {
  if (rows.length === 0) return
  const ids = sql.join(rows.map(({ id }) => id))
  await sql`UPDATE outbox_events FORCE INDEX (PRIMARY) SET next_run_at = ${leaseUntil}
    WHERE id IN (${ids})`.execute(tx)
}

async function swap(
  tx: Tx,
  type: MessageClass,
  merged: ReadableRow[][],
  leaseUntil: string,
  newId: () => string,
): Promise<Envelope[]> {
  if (merged.length === 0) return []
  const events = merged.map((rows) => ({
    id: newId(),
    type,
    ranges: rows.flatMap(({ ranges }) => ranges),
    merged: true,
    attempts: Math.max(...rows.map(({ attempts }) => attempts)),
  }))
  await append(tx, events, leaseUntil)
  await deleteMerged(tx, merged.flat())
  return events.map(({ id, ranges }) => ({ outboxId: id, type, ranges }))
}

/**
 * Neither engine lets a DELETE name its index, and both read the whole table for a long list, waiting for the rows of
 * other relays, which wait for ours. Coming from the list, each row is found by its key.
 */
async function deleteMerged(tx: Tx, rows: DueRow[]): Promise<void> {
  const ids = JSON.stringify(rows.map(({ id }) => id.toString('hex')))
  await sql`DELETE o FROM JSON_TABLE(${ids}, '$[*]' COLUMNS (id CHAR(32) PATH '$')) small
    STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = UNHEX(small.id)`.execute(tx)
}
