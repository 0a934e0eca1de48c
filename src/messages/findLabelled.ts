import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { RequestRow } from './describeMessages.ts'
import { boundsOf, EXAMINED_MESSAGES_MAX, selectNamed } from './findRequests.ts'
import type { FoundRequests, RequestsQuery } from './findRequests.ts'
import { findByReference } from './references.ts'
import { findTagged } from './tags.ts'

/** @returns a customer's requests with this reference, newest first, found by an index. */
export async function findReferenced(
  reader: Reader,
  clientReference: string,
  query: RequestsQuery,
): Promise<FoundRequests> {
  const { userId, wanted = EXAMINED_MESSAGES_MAX } = query
  const bounds = boundsOf(query)
  const ids = await findByReference(reader, { userId, clientReference, ...bounds, limit: wanted + 1 })
  const some = ids.slice(0, wanted)
  return selectNamed(reader, query, { ids: some, floor: ids.length > wanted ? some.at(-1) : undefined })
}

/** @returns those of a customer's requests with this tag among a bounded number that have any, newest first. */
export async function findTaggedWith(
  reader: Reader,
  tag: string,
  query: RequestsQuery,
): Promise<FoundRequests> {
  const { userId } = query
  const bounds = boundsOf(query)
  const tagged = await findTagged(reader, { userId, ...bounds, limit: EXAMINED_MESSAGES_MAX + 1 })
  const examined = tagged.slice(0, EXAMINED_MESSAGES_MAX)
  const ids = examined.filter(({ tags }) => tags.includes(tag)).map(({ smsIdentifier }) => smsIdentifier)
  const floor = tagged.length > examined.length ? examined.at(-1)?.smsIdentifier : undefined
  return selectNamed(reader, query, { ids, floor })
}

/** @returns those of the requests that have a recipient with these digits. The caller bounds their recipients. */
export async function withRecipient(
  reader: Reader,
  requests: RequestRow[],
  digits: string,
): Promise<RequestRow[]> {
  if (requests.length === 0) return []
  const { rows } = await sql<{ sms_identifier: Buffer }>`
    SELECT DISTINCT sms_identifier FROM sms_status FORCE INDEX (PRIMARY)
    WHERE sms_identifier IN (${list(requests.map(({ sms_identifier }) => sms_identifier))})
      AND recipient IN (${digits}, ${`+${digits}`})`.execute(reader)
  const found = new Set(rows.map(({ sms_identifier }) => identifierFromBytes(sms_identifier)))
  return requests.filter(({ sms_identifier }) => found.has(identifierFromBytes(sms_identifier)))
}
