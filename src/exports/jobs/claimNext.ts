import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { ExportState } from '../../../db/schema.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierFromBytes } from '../../primitives/identifier.ts'
import type { Content, ExportRequest, Filters, Format } from '../types.ts'

/** An export that this process alone works on until its lease ends. */
export interface Claimed extends ExportRequest {
  id: string
  key: Buffer
  owner: Buffer
  state: ExportState
  /** The owner before wrote its last byte. */
  wasReleased: boolean
  /** Claims without progress, in a row. */
  failures: number
  /** The one that holds the committed bytes. */
  file: string | null
  position: string | null
  rows: number
  bytes: number
  total: number
}

interface Row {
  id: Buffer
  user_id: number
  what: Content
  format: Format
  from_at: Date
  until_at: Date
  filters: string
  state: ExportState
  owner: Buffer | null
  failures: number
  file: string | null
  position: string | null
  row_count: number
  byte_count: number
  total: number
}

/** Above the longest step: a page is read within 2 s, and longer steps renew it. */
export const LEASE_SECONDS = 30
const OWNER_BYTES = 8
const FAILURES_COUNTED_MAX = 200

/** Claims the export that is due for longest: its next turn, or the end of its file or its row. */
export function claimNext(db: Db): Promise<Claimed | undefined> {
  const owner = randomBytes(OWNER_BYTES)
  return transact<{ claimed: Claimed | undefined }>(
    db,
    'exports.claim',
    async (tx) => {
      const { rows } = await sql<Row>`
        SELECT id, user_id, what, format, from_at, until_at, filters, state, owner, failures, file, position, row_count,
               byte_count, total
        FROM exports FORCE INDEX (idx_exports_due) WHERE due_at <= NOW(3)
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`.execute(tx)
      const [row] = rows
      if (!row) return { claimed: undefined }
      await sql`UPDATE exports SET state = IF(state = 'queued', 'running', state), owner = ${owner},
          due_at = NOW(3) + INTERVAL ${sql.lit(LEASE_SECONDS)} SECOND, started_at = COALESCE(started_at, NOW(3)),
          failures = LEAST(failures + 1, ${sql.lit(FAILURES_COUNTED_MAX)}) WHERE id = ${row.id}`.execute(tx)
      return { claimed: toClaimed(row, owner) }
    },
    // A claim whose answer was lost ends with its lease.
    { resolve: () => Promise.resolve({ claimed: undefined }) },
  ).then(({ claimed }) => claimed)
}

function toClaimed(row: Row, owner: Buffer): Claimed {
  return {
    ...{ id: identifierFromBytes(row.id), key: row.id, owner, state: row.state },
    ...{ userId: row.user_id, what: row.what, format: row.format },
    ...{ fromMs: row.from_at.getTime(), untilMs: row.until_at.getTime() },
    filters: JSON.parse(row.filters) as Filters,
    ...{ wasReleased: row.owner === null, failures: row.failures },
    ...{ file: row.file, position: row.position },
    ...{ rows: row.row_count, bytes: row.byte_count, total: row.total },
  }
}
