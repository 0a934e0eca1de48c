import { sql } from 'kysely'
import { decodeRanges } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import { snapshot } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { OnProgress, Pass, Violation } from './violation.ts'

const ROWS_PER_PAGE = 1_000

interface Row {
  id: Buffer
  payload: string
}

/** Checks that every outbox row names recipients that exist. */
export async function checkOutbox(db: Db, onProgress: OnProgress): Promise<Pass> {
  const pass: Pass = { rows: 0, violations: [] }
  let after: Buffer = Buffer.alloc(0)
  for (;;) {
    const { rows, violations } = await snapshot(db, 'audit.outbox', (reader) => checkPage(reader, after))
    const last = rows.at(-1)
    if (!last) return pass
    pass.rows += rows.length
    pass.violations.push(...violations)
    onProgress('outbox_events', rows.length)
    after = last.id
  }
}

async function checkPage(reader: Reader, after: Buffer): Promise<{ rows: Row[]; violations: Violation[] }> {
  const { rows } = await sql<Row>`SELECT id, payload FROM outbox_events
    WHERE id > ${after} ORDER BY id LIMIT ${sql.lit(ROWS_PER_PAGE)}`.execute(reader)
  const named = rows.map(({ id, payload }) => ({ id, ranges: decodeRanges(payload) }))
  const ranges = named.flatMap(({ id, ranges = [] }) => ranges.map((range) => ({ id, range })))
  const sizes = await readSizes(
    reader,
    ranges.map(({ range }) => range),
  )
  const unreadable = named
    .filter(({ ranges }) => ranges === undefined)
    .map(({ id }) => ({
      rule: 'dangling' as const,
      subject: `outbox row ${identifierFromBytes(id)}`,
      explanation: 'has a payload that cannot be read',
    }))
  const dangling = ranges
    .filter(({ range }) => range.last > (sizes.get(range.smsIdentifier) ?? 0))
    .map(({ id, range }) => ({
      rule: 'dangling' as const,
      subject: `outbox row ${identifierFromBytes(id)}`,
      explanation: `names recipients ${range.first} to ${range.last} of message ${range.smsIdentifier}, which has ${
        sizes.get(range.smsIdentifier) ?? 0
      }`,
    }))
  return { rows, violations: [...unreadable, ...dangling] }
}

async function readSizes(reader: Reader, ranges: RecipientRange[]): Promise<Map<string, number>> {
  if (ranges.length === 0) return new Map()
  const ids = [...new Set(ranges.map(({ smsIdentifier }) => smsIdentifier))].map(identifierToBytes)
  const rows = await reader
    .selectFrom('sms_requests')
    .select(['sms_identifier', 'recipients'])
    .where('sms_identifier', 'in', ids)
    .execute()
  return new Map(
    rows.map(({ sms_identifier, recipients }) => [identifierFromBytes(sms_identifier), recipients]),
  )
}
