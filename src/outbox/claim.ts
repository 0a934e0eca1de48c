import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { isTracing } from '../platform/telemetry/index.ts'
import { bytesMadeAtMs, identifierFromBytes, madeAtMs } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { CustomerShare } from './customerShares.ts'
import { ENVELOPE_RECIPIENTS_MAX, decodeRanges } from './envelope.ts'
import type { Envelope, RecipientRange } from './envelope.ts'
import { LANES, microsOf, sqlMicrosFromNow } from './lanes.ts'
import type { Condition, Lane } from './lanes.ts'
import { CLAIM_LEASE_MS, UNREADABLE_DELAY_MS } from './lease.ts'
import { lockNext } from './lockNext.ts'
import type { ClaimableRow } from './lockNext.ts'
import { replaceWithMerged } from './merge.ts'
import { pack } from './pack.ts'
import type { Packable } from './pack.ts'
import type { Place } from './place.ts'

/** Envelopes leased to this relay, in the order of their lowest keys. */
export interface Claim {
  type: MessageClass
  /** The outbox rows in them. */
  rows: number
  envelopes: Envelope[]
  /** The key that the claim wrote. A row with this key still belongs to the claim. */
  leaseUntil: Date
  /** Rows that this program cannot read. They are postponed, so that they delay no other row. */
  unreadable: string[]
  /** Of traced requests: when their rows were made, by the database's clock. */
  waits: RowWait[]
  /** Of each row that names a customer: how long its recipients had waited for their turn, or since they were due. */
  shares: CustomerShare[]
  /** The place of the last row that it took. */
  reached: Place
  /** Whether more may be claimable: the claim reached its row limit, or could not pack every row. */
  isFull: boolean
}

export interface RowWait {
  ranges: RecipientRange[]
  sinceMs: number
}

/** Recipients of one claim: a few hundred milliseconds of an operator's work, and a transaction of some 10 ms. */
export const CLAIM_RECIPIENTS_MAX = 2_000

/** Where a claim starts. */
export interface ClaimSource {
  /** Only due rows of the waiting lane are claimed. */
  condition: Condition
  /** The lane's beginning by default. */
  from?: Place | undefined
}

/** How much one claim may take, and from where on: ready rows by default. */
export interface ClaimBounds extends Partial<ClaimSource> {
  /** Recipients of all envelopes together and, up to 100, of one. */
  batchSizeMax?: number
  /** Rows it may lock. Merged rows cost by the row, unmerged ones almost nothing. */
  rowsMax?: number
}

interface ReadableRow extends ClaimableRow, Packable {}

/**
 * Claims rows of one class and lane in their order: they wait until a lease ends. Rows of few recipients are merged into
 * envelopes of up to 100 and replaced by one row an envelope in the same transaction.
 */
export function claim(
  db: Db,
  type: MessageClass,
  envelopesMax: number,
  newId: () => string,
  {
    batchSizeMax = CLAIM_RECIPIENTS_MAX,
    rowsMax = batchSizeMax,
    condition = 'ready',
    from,
  }: ClaimBounds = {},
): Promise<Claim | undefined> {
  const envelopeRecipientsMax = Math.min(ENVELOPE_RECIPIENTS_MAX, batchSizeMax)
  const recipientsMax = Math.min(batchSizeMax, envelopesMax * envelopeRecipientsMax)
  const limits = { envelopesMax, recipientsMax, rowsMax, envelopeRecipientsMax }
  const lane = { type, condition }
  return transact(db, 'outbox.claim', async (tx) => {
    const { rows, isFull } = await lockNext(tx, lane, limits, from)
    const [head] = rows
    if (!head) return undefined
    const leaseUntil = new Date(head.now_ms + CLAIM_LEASE_MS)
    const { readable, unreadable } = decode(rows)
    await postponeUnreadable(tx, lane, unreadable)
    const packs = pack(readable, limits)
    const taken = packs.flat()
    const envelopes = packs.map((rows) => toEnvelope(type, rows, newId))
    await lease(tx, lane, packs.filter(isAlone).flat(), leaseUntil)
    const merges = packs.flatMap((rows, index) => {
      const envelope = envelopes[index]
      if (isAlone(rows) || !envelope) return []
      return { id: envelope.outboxId, ranges: envelope.ranges, replaced: rows.map(({ id }) => id) }
    })
    await replaceWithMerged(tx, lane, merges, leaseUntil)
    const last = taken.at(-1) ?? head
    return {
      ...{ type, rows: taken.length, envelopes, leaseUntil },
      isFull: isFull || taken.length < readable.length,
      reached: { key: last.order_key, id: last.id },
      unreadable: unreadable.map(({ id }) => identifierFromBytes(id)),
      waits: isTracing() ? taken.flatMap(toWait) : [],
      shares: taken.flatMap((row) => toShare(row, condition)),
    }
  })
}

function decode(rows: ClaimableRow[]): { readable: ReadableRow[]; unreadable: ClaimableRow[] } {
  const decoded = rows.map((row) => ({
    ...row,
    ranges: decodeRanges(row.payload),
    isMerged: row.user_id === null,
  }))
  return {
    readable: decoded.filter((row): row is ReadableRow => row.ranges !== undefined),
    unreadable: decoded.filter(({ ranges }) => ranges === undefined),
  }
}

function toWait({ id, ranges }: ReadableRow): RowWait[] {
  const traced = ranges.filter(({ traceparent }) => traceparent !== undefined)
  return traced.length > 0 ? [{ ranges: traced, sinceMs: madeAtMs(identifierFromBytes(id)) }] : []
}

function toShare(
  { id, user_id: userId, recipients, order_key, now_ms }: ReadableRow,
  condition: Condition,
): CustomerShare[] {
  if (userId === null) return []
  const sinceMs = condition === 'waiting' ? order_key / 1_000 : bytesMadeAtMs(id)
  return [{ userId, recipients, waitMs: Math.max(0, now_ms - sinceMs) * recipients }]
}

function isAlone(rows: ReadableRow[]): boolean {
  return rows.length === 1
}

function toEnvelope(type: MessageClass, rows: ReadableRow[], newId: () => string): Envelope {
  const [only, ...others] = rows
  const isMerge = !only || others.length > 0
  return {
    outboxId: isMerge ? newId() : identifierFromBytes(only.id),
    type,
    ranges: rows.flatMap(({ ranges }) => ranges),
  }
}

async function postponeUnreadable(tx: Tx, { type, condition }: Lane, rows: ClaimableRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
    SET lane = ${LANES[type].waiting}, order_key = ${sqlMicrosFromNow(UNREADABLE_DELAY_MS)},
        last_error = 'the payload cannot be read'
    WHERE lane = ${LANES[type][condition]} AND id IN (${sql.join(rows.map(({ id }) => id))})`.execute(tx)
}

/** Without the error of the try before: a waiting row that has one backs off, and others are leased. */
async function lease(
  tx: Tx,
  { type, condition }: Lane,
  rows: ClaimableRow[],
  leaseUntil: Date,
): Promise<void> {
  if (rows.length === 0) return
  await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
    SET lane = ${LANES[type].waiting}, order_key = ${microsOf(leaseUntil)}, last_error = NULL
    WHERE lane = ${LANES[type][condition]} AND id IN (${sql.join(rows.map(({ id }) => id))})`.execute(tx)
}
