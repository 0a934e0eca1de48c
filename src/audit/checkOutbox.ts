import { sql } from 'kysely'
import { decodeRanges } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import { lastPlaceOf, look } from './page.ts'
import type { Page, Walk } from './page.ts'
import type { Violation } from './violation.ts'

/** A row that names a hundred requests has some 13 KB. */
const ROWS_PER_PAGE_MAX = 500

interface Row {
  id: Buffer
  payload: string
}

/** Checks that every outbox row names recipients that exist. Requests are never taken away, so they are asked later. */
export const outboxWalk: Walk = {
  ...{ name: 'outbox', table: 'outbox_events', readPage },
  lastPlace: lastPlaceOf({ table: 'outbox_events', column: 'id' }),
}

async function readPage(db: Db, after: string, rowsMax: number): Promise<Page> {
  const limit = Math.min(rowsMax, ROWS_PER_PAGE_MAX)
  const { rows } = await look(db, 'audit.outbox', (reader) =>
    sql<Row>`SELECT id, payload FROM outbox_events FORCE INDEX (PRIMARY)
      WHERE id > ${Buffer.from(after, 'hex')} ORDER BY id LIMIT ${sql.lit(limit)}`.execute(reader),
  )
  const named = rows.map(({ id, payload }) => ({ id, ranges: decodeRanges(payload) }))
  const sizes = await readSizes(
    db,
    named.flatMap(({ ranges = [] }) => ranges),
  )
  return {
    rows: rows.length,
    violations: named.flatMap(({ id, ranges }) =>
      explain(`outbox row ${identifierFromBytes(id)}`, ranges, sizes),
    ),
    end: rows.length < limit ? undefined : rows.at(-1)?.id.toString('hex'),
  }
}

function explain(
  subject: string,
  ranges: RecipientRange[] | undefined,
  sizes: Map<string, number>,
): Violation[] {
  if (!ranges) return [{ rule: 'dangling', subject, explanation: 'has a payload that cannot be read' }]
  return ranges.flatMap(({ smsIdentifier, first, last }) => {
    const size = sizes.get(smsIdentifier) ?? 0
    if (last <= size) return []
    const explanation = `names recipients ${first} to ${last} of message ${smsIdentifier}, which has ${size}`
    return [{ rule: 'dangling' as const, subject, explanation }]
  })
}

/** By request; those that do not exist are not in it. */
async function readSizes(db: Db, ranges: RecipientRange[]): Promise<Map<string, number>> {
  if (ranges.length === 0) return new Map()
  const ids = [...new Set(ranges.map(({ smsIdentifier }) => smsIdentifier))]
    .map((id) => identifierToBytes(id).toString('hex'))
    .sort()
  const { rows } = await look(db, 'audit.outbox_sizes', (reader) =>
    sql<{ id: Buffer; recipients: number }>`
      SELECT r.sms_identifier AS id, r.recipients
      FROM JSON_TABLE(${JSON.stringify(ids)}, '$[*]' COLUMNS (id CHAR(32) PATH '$')) asked
        STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = UNHEX(asked.id)`.execute(
      reader,
    ),
  )
  return new Map(rows.map(({ id, recipients }) => [identifierFromBytes(id), recipients]))
}
