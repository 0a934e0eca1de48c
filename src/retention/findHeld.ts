import { sql } from 'kysely'
import { decodeRanges } from '../outbox/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'
import type { Reason } from './types.ts'

/** Merged rows have some 13 KB each. */
const OUTBOX_ROWS_PER_QUERY = 500
/** An endpoint that fails for longer is disabled, and its customer reads the feed. */
const TOLD_WITHIN_DAYS = 6

/** @returns what still refers to a message below the bound; undefined when nothing does. Open recipients are the audit's. */
export async function findHeld(db: Db, below: Identifier): Promise<Reason | undefined> {
  const id = identifierToBytes(below)
  if (await read(db, 'retention.quarantined', (reader) => isQuarantined(reader, id))) return 'quarantined'
  if (await read(db, 'retention.events', (reader) => hasEvents(reader, id))) return 'events'
  if (await read(db, 'retention.holds', (reader) => hasHolds(reader, id))) return 'holds'
  return (await isInOutbox(db, below)) ? 'outbox' : undefined
}

async function isQuarantined(reader: Reader, id: Buffer): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM sms_quarantine WHERE sms_identifier < ${id} LIMIT 1`.execute(
    reader,
  )
  return rows.length > 0
}

/** Their prices are captured or go back later. */
async function hasHolds(reader: Reader, id: Buffer): Promise<boolean> {
  const { rows } =
    await sql`SELECT 1 FROM holds FORCE INDEX (PRIMARY) WHERE sms_identifier < ${id} LIMIT 1`.execute(reader)
  return rows.length > 0
}

/** What an event says of its message is read when it is sent. */
async function hasEvents(reader: Reader, id: Buffer): Promise<boolean> {
  const { rows } = await sql`
    (SELECT 1 FROM event_queue WHERE sms_identifier < ${id} LIMIT 1) UNION ALL
    (SELECT 1 FROM event_log FORCE INDEX (idx_event_log_recipient) WHERE sms_identifier < ${id}
       AND sequenced_at > NOW(3) - INTERVAL ${sql.lit(TOLD_WITHIN_DAYS)} DAY LIMIT 1)`.execute(reader)
  return rows.length > 0
}

/** Unfinished work only, so it is read as a whole; a row that a claim merged names its messages in its payload. */
async function isInOutbox(db: Db, below: Identifier): Promise<boolean> {
  let after: Buffer | undefined = Buffer.alloc(0)
  while (after) {
    const from: Buffer = after
    const rows = await read(db, 'retention.outbox', async (reader) => {
      const found = await sql<{ id: Buffer; payload: string }>`SELECT id, payload
        FROM outbox_events FORCE INDEX (PRIMARY) WHERE id > ${from}
        ORDER BY id LIMIT ${sql.lit(OUTBOX_ROWS_PER_QUERY)}`.execute(reader)
      return found.rows
    })
    const named = rows.flatMap(({ payload }) => decodeRanges(payload) ?? [])
    if (named.some(({ smsIdentifier }) => smsIdentifier < below)) return true
    after = rows.length < OUTBOX_ROWS_PER_QUERY ? undefined : rows.at(-1)?.id
  }
  return false
}
