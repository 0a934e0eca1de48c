import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, lowestAt, valueBefore } from '../primitives/identifier.ts'
import type { RequestRow } from './describeMessages.ts'
import { findOpenRanges } from './findOpenRanges.ts'

/** One page examines at most this many messages, and stops after the one with which it has seen this many recipients. */
export const EXAMINED_MESSAGES_MAX = 1_000
const EXAMINED_RECIPIENTS_MAX = 10_000

/**
 * An identifier is made before its message is accepted, which may wait for some seconds, and by a clock that is set to the
 * database's: a message of a period has an identifier of that period, or of one this much longer on both sides.
 */
const CLOCK_TOLERANCE_MS = 60_000

export interface RequestsQuery {
  userId: number
  /** Messages wanted; all that one page may examine, if left out. */
  wanted?: number
  /** Only messages below this identifier. */
  before?: string | undefined
  createdFromMs?: number | undefined
  /** The first moment after the period. */
  createdUntilMs?: number | undefined
}

export interface FoundRequests {
  requests: RequestRow[]
  /** The last one that was examined, when there are more below it. */
  nextBefore: string | null
}

/** @returns a customer's requests, newest first. It examines a bounded number, and may find fewer than are wanted. */
export async function findRequests(reader: Reader, query: RequestsQuery): Promise<FoundRequests> {
  const { wanted = EXAMINED_MESSAGES_MAX } = query
  const below = boundOf(query)
  const rows = await select(
    reader,
    sql`user_id = ${query.userId}
      ${below === undefined ? sql`` : sql`AND sms_identifier < ${identifierToBytes(below)}`}
      AND sms_identifier >= ${identifierToBytes(floorOf(query))}
      ORDER BY sms_identifier DESC LIMIT ${sql.lit(wanted + 1)}`,
  )
  return examine(rows, wanted, query)
}

/** The same for those with unfinished recipients, found among any number of finished ones. */
export async function findOpenRequests(reader: Reader, query: RequestsQuery): Promise<FoundRequests> {
  const below = boundOf(query)
  const { ranges, floor } = await findOpenRanges(reader, {
    userId: query.userId,
    rowsMax: EXAMINED_MESSAGES_MAX,
    upTo: below && valueBefore(below),
  })
  const ids = [...new Set(ranges.map(({ smsIdentifier }) => smsIdentifier))]
  return selectNamed(reader, query, { ids, floor: floor?.smsIdentifier })
}

/** Identifiers that another table references, and the last one that was examined there, when there may be more below it. */
export interface NamedRequests {
  ids: string[]
  floor: string | undefined
}

/** @returns those of the customer's requests in the period that are named, newest first. */
export async function selectNamed(
  reader: Reader,
  query: RequestsQuery,
  named: NamedRequests,
): Promise<FoundRequests> {
  const lowest = floorOf(query)
  const ids = named.ids.filter((id) => id >= lowest)
  const floor = named.floor !== undefined && named.floor > lowest ? named.floor : null
  if (ids.length === 0) return { requests: [], nextBefore: floor }
  const rows = await select(
    reader,
    sql`sms_identifier IN (${list(ids.map(identifierToBytes))}) AND user_id = ${query.userId} ORDER BY sms_identifier DESC`,
  )
  const { requests, nextBefore } = examine(rows, EXAMINED_MESSAGES_MAX, query)
  return { requests, nextBefore: nextBefore ?? floor }
}

/** Identifiers of the query's period: from one to below another. */
export function boundsOf(query: RequestsQuery): { from: string; below: string } {
  return { from: floorOf(query), below: boundOf(query) ?? lowestAt(Infinity) }
}

async function select(reader: Reader, where: RawBuilder<unknown>): Promise<RequestRow[]> {
  const { rows } = await sql<RequestRow>`
    SELECT sms_identifier, user_id, type, text, sender, recipients, send_at, expires_at, is_test, on_unknown,
           guaranteed_by, created_at,
           COALESCE(COALESCE(delayed_until, send_at) > NOW(3), FALSE) AS is_scheduled
    FROM sms_requests WHERE ${where}`.execute(reader)
  return rows
}

/** @returns the request of this customer with this identifier. */
export async function findRequest(
  reader: Reader,
  { userId, smsIdentifier }: { userId: number; smsIdentifier: string },
): Promise<RequestRow | undefined> {
  const id = identifierToBytes(smsIdentifier)
  const [row] = await select(reader, sql`sms_identifier = ${id} AND user_id = ${userId}`)
  return row
}

function examine(
  rows: RequestRow[],
  wanted: number,
  { createdFromMs = -Infinity, createdUntilMs = Infinity }: RequestsQuery,
): FoundRequests {
  let recipients = 0
  let count = 0
  for (const row of rows.slice(0, wanted)) {
    count++
    recipients += row.recipients
    if (recipients >= EXAMINED_RECIPIENTS_MAX) break
  }
  const examined = rows.slice(0, count)
  const last = examined.at(-1)
  const isIn = ({ created_at: at }: RequestRow) =>
    at.getTime() >= createdFromMs && at.getTime() < createdUntilMs
  return {
    requests: examined.filter(isIn),
    nextBefore: count < rows.length && last ? identifierFromBytes(last.sms_identifier) : null,
  }
}

/** What all identifiers of the query are below; undefined when nothing bounds them. */
function boundOf({ before, createdUntilMs }: RequestsQuery): string | undefined {
  const until = createdUntilMs === undefined ? undefined : lowestAt(createdUntilMs + CLOCK_TOLERANCE_MS)
  if (before === undefined || until === undefined) return before ?? until
  return before < until ? before : until
}

function floorOf({ createdFromMs = 0 }: RequestsQuery): string {
  return lowestAt(createdFromMs - CLOCK_TOLERANCE_MS)
}
