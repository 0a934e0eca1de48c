import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { isTracing } from '../platform/telemetry/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Traced } from '../primitives/traceparent.ts'

interface Row {
  sms_identifier: Buffer
  traceparent: string
}

const NONE: ReadonlyMap<string, Traced> = new Map()

/**
 * For what happens when a request's outbox row is gone. Without tracing it runs no statement. @returns the traced ones of
 * these requests, by identifier; the caller bounds them.
 */
export async function readTraces(
  reader: Reader,
  smsIdentifiers: readonly string[],
): Promise<ReadonlyMap<string, Traced>> {
  if (!isTracing() || smsIdentifiers.length === 0) return NONE
  const ids = [...new Set(smsIdentifiers)].map(identifierToBytes)
  const { rows } = await sql<Row>`
    SELECT sms_identifier, traceparent FROM sms_requests FORCE INDEX (PRIMARY)
    WHERE sms_identifier IN (${list(ids)}) AND traceparent IS NOT NULL`.execute(reader)
  return new Map(
    rows.map(({ sms_identifier, traceparent }) => {
      const smsIdentifier = identifierFromBytes(sms_identifier)
      return [smsIdentifier, { smsIdentifier, traceparent }]
    }),
  )
}
