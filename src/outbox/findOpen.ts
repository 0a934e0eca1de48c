import type { Reader } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { decodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'

/**
 * Merged rows hold what is on its way: the shallow broker and the consumers' prefetch keep them few. Should an outage
 * make more of them, a page may miss some that the next one, after they moved on, shows.
 */
const MERGED_ROWS_MAX = 2_000

/** Ranges that may hold unfinished recipients of a customer, newest request first. */
export interface OpenRanges {
  ranges: RecipientRange[]
  /** Where the look-up stopped because it had seen `rowsMax` rows; undefined when it saw all. */
  floor?: RecipientRange
}

/**
 * Finds a customer's open messages at once among any number of finished ones, without an index on status: each is
 * named by an outbox row (promise 4), by one of its own request or by one that a claim merged.
 */
export async function findOpen(
  reader: Reader,
  query: { userId: number; rowsMax: number; upTo?: string | undefined },
): Promise<OpenRanges> {
  const { userId, rowsMax, upTo } = query
  const own = await reader
    .selectFrom('outbox_events')
    .select('payload')
    .where('user_id', '=', userId)
    .$if(upTo !== undefined, (q) => q.where('sms_identifier', '<=', identifierToBytes(upTo ?? '')))
    .orderBy('sms_identifier', 'desc')
    .orderBy('id', 'desc')
    .limit(rowsMax)
    .execute()
  const merged = await reader
    .selectFrom('outbox_events')
    .select('payload')
    .where('user_id', 'is', null)
    .limit(MERGED_ROWS_MAX)
    .execute()
  const ranges = own.flatMap(({ payload }) => decodeRanges(payload) ?? [])
  const theirs = merged
    .flatMap(({ payload }) => decodeRanges(payload) ?? [])
    .filter((range) => range.userId === userId)
  const floor = own.length === rowsMax ? ranges.at(-1) : undefined
  if (!floor) return { ranges: [...ranges, ...theirs] }
  const above = theirs.filter((range) => comparePlace(range, floor) >= 0)
  return { ranges: [...ranges, ...above], floor }
}

function comparePlace(a: RecipientRange, b: RecipientRange): number {
  if (a.smsIdentifier === b.smsIdentifier) return a.first - b.first
  return a.smsIdentifier < b.smsIdentifier ? -1 : 1
}
