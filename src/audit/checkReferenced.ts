import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { decodeRanges } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { query } from './page.ts'
import type { OpenRecipient } from './page.ts'
import type { Violation } from './violation.ts'

// Every unfinished recipient is referenced by an outbox row (invariant 4): by one of its own request, which an index
// finds, or by a merged one, so all merged rows are read once for many recipients. Meanwhile a recipient may go to a
// merged row and back to an own one, so own rows and newer merged ones are read again before it counts as not
// referenced.

/** Unfinished recipients by message and number, without an own row when they were looked up. */
export type Unreferenced = Map<string, OpenRecipient>

/** Recipients for which merged rows are read together: some 20 MB. A page may exceed it by its own recipients. */
export const UNREFERENCED_MAX = 100_000
/** Merged rows of one statement, each up to 13 KB. */
const MERGED_PER_PIECE = 200
/** Requests, or recipients, of one statement. */
const KEYS_PER_QUERY = 1_000
/** How far identifiers of several processes may be out of order. The last piece starts this much earlier. */
const RECENT_MS = 10_000

/** Adds the unfinished recipients that no row of their own request references. */
export async function collectUnreferenced(
  db: Db,
  open: OpenRecipient[],
  unreferenced: Unreferenced,
): Promise<void> {
  const candidates: Unreferenced = new Map(open.map((recipient) => [keyOf(recipient), recipient]))
  await excludeOwn(db, candidates)
  for (const [key, recipient] of candidates) unreferenced.set(key, recipient)
}

/**
 * Excludes the recipients that a piece of the merged rows references.
 * @returns where the next piece begins; undefined when this was the last or none is left.
 */
export async function excludeMerged(
  db: Db,
  unreferenced: Unreferenced,
  after: Buffer,
): Promise<Buffer | undefined> {
  if (unreferenced.size === 0) return undefined
  const rows = await query(
    db,
    'audit.merged_rows',
    sql<{ id: Buffer; payload: string }>`
      SELECT o.id, o.payload
      FROM (SELECT id FROM outbox_events FORCE INDEX (idx_outbox_user)
            WHERE user_id IS NULL AND sms_identifier IS NULL AND id > ${after}
            ORDER BY id LIMIT ${sql.lit(MERGED_PER_PIECE)}) piece
        STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = piece.id
      ORDER BY o.id`,
  )
  for (const { payload } of rows) exclude(unreferenced, decodeRanges(payload))
  return rows.length < MERGED_PER_PIECE ? undefined : rows.at(-1)?.id
}

/** After all merged rows were read: the recipients that are still unfinished and that no row references. */
export async function findUnreferenced(db: Db, unreferenced: Unreferenced): Promise<Violation[]> {
  if (unreferenced.size === 0) return []
  await excludeOwn(db, unreferenced)
  let after: Buffer | undefined = firstIdentifierAt(databaseNowMs(db) - RECENT_MS)
  while (after) after = await excludeMerged(db, unreferenced, after)
  const violations: Violation[] = []
  for (const some of cut([...unreferenced.values()])) violations.push(...(await findUnfinished(db, some)))
  return violations
}

async function excludeOwn(db: Db, candidates: Unreferenced): Promise<void> {
  const requests = new Map(
    [...candidates.values()].map(({ smsIdentifier, userId }) => [smsIdentifier, userId] as const),
  )
  for (const some of cut([...requests])) {
    const keys = some.map(([id, userId]) => [userId, hexOf(id)])
    const rows = await query(
      db,
      'audit.own_rows',
      sql<{ payload: string }>`
        SELECT o.payload
        FROM JSON_TABLE(${JSON.stringify(keys)}, '$[*]'
            COLUMNS (user_id BIGINT PATH '$[0]', id CHAR(32) PATH '$[1]')) asked
          STRAIGHT_JOIN outbox_events o FORCE INDEX (idx_outbox_user)
          ON o.user_id = asked.user_id AND o.sms_identifier = UNHEX(asked.id)`,
    )
    for (const { payload } of rows) exclude(candidates, decodeRanges(payload))
  }
}

async function findUnfinished(db: Db, recipients: OpenRecipient[]): Promise<Violation[]> {
  const keys = recipients.map(({ smsIdentifier, recipientNo }) => [hexOf(smsIdentifier), recipientNo])
  const rows = await query(
    db,
    'audit.unreferenced',
    sql<{ position: number; status: SmsState }>`
      SELECT asked.position, s.status
      FROM JSON_TABLE(${JSON.stringify(keys)}, '$[*]' COLUMNS (position FOR ORDINALITY,
          id CHAR(32) PATH '$[0]', recipient_no SMALLINT UNSIGNED PATH '$[1]')) asked
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
        ON s.sms_identifier = UNHEX(asked.id) AND s.recipient_no = asked.recipient_no
        LEFT JOIN sms_quarantine q FORCE INDEX (PRIMARY)
        ON q.sms_identifier = s.sms_identifier AND q.recipient_no = s.recipient_no
      WHERE s.status IN ('pending', 'sending') AND q.sms_identifier IS NULL`,
  )
  return rows.map(({ position, status }) => {
    const { smsIdentifier, recipientNo } = recipients[position - 1] as OpenRecipient
    const subject = `message ${smsIdentifier}, recipient ${recipientNo}`
    return { rule: 'outbox' as const, subject, explanation: `is ${status} and no outbox row references it` }
  })
}

/** An unreadable row references nothing; another rule reports it. */
function exclude(recipients: Unreferenced, ranges: RecipientRange[] = []): void {
  for (const { smsIdentifier, first, last } of ranges)
    for (let recipientNo = first; recipientNo <= last; recipientNo++)
      recipients.delete(keyOf({ smsIdentifier, recipientNo }))
}

function keyOf({ smsIdentifier, recipientNo }: Pick<OpenRecipient, 'smsIdentifier' | 'recipientNo'>): string {
  return `${smsIdentifier}:${recipientNo}`
}

function hexOf(identifier: string): string {
  return identifierToBytes(identifier).toString('hex')
}

/** The lowest identifier of a time: its first 48 bits are milliseconds since the epoch. */
export function firstIdentifierAt(ms: number): Buffer {
  const id = Buffer.alloc(16)
  id.writeUIntBE(Math.max(0, Math.floor(ms)), 0, 6)
  return id
}

function cut<T>(items: T[]): T[][] {
  const pieces: T[][] = []
  for (let start = 0; start < items.length; start += KEYS_PER_QUERY)
    pieces.push(items.slice(start, start + KEYS_PER_QUERY))
  return pieces
}
