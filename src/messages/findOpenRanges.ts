import { findOpen } from '../outbox/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import { KEYS_MAX } from './recipients.ts'
import type { KeyRange } from './recipients.ts'

/** Ranges that may contain unfinished recipients of a customer, newest request first. */
export interface OpenRanges {
  ranges: KeyRange[]
  /** The oldest range that was examined, when there may be more below it. */
  floor?: KeyRange | undefined
}

export interface OpenQuery {
  userId: number
  /** Of each source. */
  rowsMax: number
  /** Only requests up to this identifier. */
  upTo?: string | undefined
}

/** Every unfinished recipient is referenced by an outbox row or quarantined (invariant 4): both are small tables. */
export async function findOpenRanges(reader: Reader, query: OpenQuery): Promise<OpenRanges> {
  const named = await findOpen(reader, query)
  const quarantined = await findQuarantined(reader, query)
  const floor = higher(named.floor, quarantined.floor)
  const ranges = [...named.ranges, ...quarantined.ranges]
    .filter((range) => !floor || comparePlace(range, floor) >= 0)
    .sort((a, b) => comparePlace(b, a))
  return cutToKeys({ ranges, floor })
}

async function findQuarantined(reader: Reader, { userId, rowsMax, upTo }: OpenQuery): Promise<OpenRanges> {
  const rows = await reader
    .selectFrom('sms_quarantine')
    .select(['sms_identifier', 'recipient_no'])
    .where('user_id', '=', userId)
    .$if(upTo !== undefined, (q) => q.where('sms_identifier', '<=', identifierToBytes(upTo ?? '')))
    .orderBy('sms_identifier', 'desc')
    .orderBy('recipient_no', 'desc')
    .limit(rowsMax)
    .execute()
  const ranges = rows.map(({ sms_identifier, recipient_no: no }) => ({
    smsIdentifier: identifierFromBytes(sms_identifier),
    first: no,
    last: no,
  }))
  return { ranges, floor: rows.length < rowsMax ? undefined : ranges.at(-1) }
}

/** As many as one statement may name; the next page goes on below. */
function cutToKeys(open: OpenRanges): OpenRanges {
  let recipients = 0
  const count = open.ranges.findIndex(({ first, last }) => (recipients += last - first + 1) > KEYS_MAX)
  const floor = open.ranges[count - 1]
  return floor ? { ranges: open.ranges.slice(0, count), floor } : open
}

function higher(a: KeyRange | undefined, b: KeyRange | undefined): KeyRange | undefined {
  if (!a || !b) return a ?? b
  return comparePlace(a, b) >= 0 ? a : b
}

function comparePlace(a: KeyRange, b: KeyRange): number {
  if (a.smsIdentifier === b.smsIdentifier) return a.first - b.first
  return a.smsIdentifier < b.smsIdentifier ? -1 : 1
}
