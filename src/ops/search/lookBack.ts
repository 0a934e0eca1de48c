import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { list } from '../../platform/db/index.ts'
import type { Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, madeAtMs } from '../../primitives/identifier.ts'

/** Where a number or a reference stands. */
export interface Seen {
  id: string
  /** Null for a message's reference. */
  no: number | null
  text: string
}

export interface LookedBack {
  seen: Seen[]
  /** The message that a search goes on with; null when everything was looked through. */
  nextFrom: string | null
  /** When the oldest message that was examined was accepted; null if there was none. */
  lookedBackTo: Date | null
}

/** What is looked for, and in which rows. */
interface Wanted {
  /** The newest rows from a message on, with `sms_identifier`, `recipient_no` and `text`. */
  newest: (from: Buffer) => RawBuilder<unknown>
  matches: RawBuilder<unknown>
}

/** Of one statement: some 30 ms of reading, in the order of the primary key. Twice what a message has at most. */
export const SLICE_ROWS = 20_000
/**
 * A search reads slices for this long. Numbers and references have no index, which would be written with every message
 * (decision 0042).
 */
export const LOOK_MS_MAX = 2_000
export const SEEN_MAX = 50
const HIGHEST: Buffer = Buffer.alloc(16, 0xff)

/** Looks through recipients, newest first. A number is stored with or without a plus. */
export function lookBackForNumber(
  reader: Reader,
  digits: readonly string[],
  from: Buffer | undefined,
): Promise<LookedBack> {
  const numbers = digits.flatMap((each) => [each, `+${each}`])
  return lookBack(reader, { newest: newestRecipients, matches: sql`text IN (${list(numbers)})` }, from)
}

/** Looks through customers' references, newest first. */
export function lookBackForReference(
  reader: Reader,
  text: string,
  from: Buffer | undefined,
): Promise<LookedBack> {
  return lookBack(reader, { newest: newestReferences, matches: sql`text = ${Buffer.from(text)}` }, from)
}

export function newestRecipients(from: Buffer): RawBuilder<unknown> {
  return sql`SELECT sms_identifier, recipient_no, recipient AS text
    FROM sms_status FORCE INDEX (PRIMARY) WHERE sms_identifier <= ${from}
    ORDER BY sms_identifier DESC, recipient_no DESC LIMIT ${sql.lit(SLICE_ROWS)}`
}

export function newestReferences(from: Buffer): RawBuilder<unknown> {
  return sql`SELECT sms_identifier, NULL AS recipient_no, client_reference AS text
    FROM message_references FORCE INDEX (PRIMARY) WHERE sms_identifier <= ${from}
    ORDER BY sms_identifier DESC LIMIT ${sql.lit(SLICE_ROWS)}`
}

async function lookBack(reader: Reader, { newest, matches }: Wanted, from = HIGHEST): Promise<LookedBack> {
  const endsAtMs = performance.now() + LOOK_MS_MAX
  const seen: Seen[] = []
  let place: Buffer = from
  let isMore = true
  while (isMore && seen.length < SEEN_MAX && performance.now() < endsAtMs) {
    const slice = await readSlice(reader, newest(place), matches)
    seen.push(...slice.seen)
    place = slice.last ?? place
    isMore = slice.isFull
  }
  const last = place === from ? null : identifierFromBytes(place)
  return {
    seen,
    nextFrom: isMore ? last : null,
    lookedBackTo: last === null ? null : new Date(madeAtMs(last)),
  }
}

interface SliceRow {
  sms_identifier: Buffer
  recipient_no: number | null
  text: string | Buffer
}

/** The last message of a full slice may have more recipients than are in it: it is left to the next one. */
async function readSlice(
  reader: Reader,
  newest: RawBuilder<unknown>,
  matches: RawBuilder<unknown>,
): Promise<{ seen: Seen[]; isFull: boolean; last: Buffer | null }> {
  const { rows: ends } = await sql<{ examined: number; last: Buffer | null }>`
    SELECT COUNT(*) AS examined, MIN(sms_identifier) AS last FROM (${newest}) newest`.execute(reader)
  const [end] = ends
  const last = end?.last ?? null
  const isFull = Number(end?.examined) === SLICE_ROWS
  const isWhole = isFull && last ? sql`AND sms_identifier > ${last}` : sql``
  const { rows } = await sql<SliceRow>`SELECT sms_identifier, recipient_no, text FROM (${newest}) newest
    WHERE ${matches} ${isWhole} ORDER BY sms_identifier DESC LIMIT ${sql.lit(SEEN_MAX)}`.execute(reader)
  return {
    seen: rows.map(({ sms_identifier, recipient_no: no, text }) => ({
      ...{ id: identifierFromBytes(sms_identifier), no, text: String(text) },
    })),
    ...{ isFull, last },
  }
}
