import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { decodeRanges } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { look } from './page.ts'
import type { OpenRecipient } from './page.ts'
import type { Violation } from './violation.ts'

// Every unfinished recipient is named by an outbox row (invariant 4): by one of its own request, which the customer and
// the message find, or by one that a claim merged, which nothing finds. A backlog may hold a million of either, so the
// merged ones are read once for many recipients, in pieces, and a live system still gives no false alarm: a recipient's
// own row is followed by a merged one, never the other way round, and that one stays where it is until the recipient has
// ended. Whoever had no own row, and was met in no merged one that was there all the while, and is unfinished even
// afterwards, is named by none.

/** Unfinished recipients by message and number, without an own row when they were looked at. */
export type Unnamed = Map<string, OpenRecipient>

/** Recipients for which merged rows are read together: some 20 MB. A page may add as many as it has. */
export const UNNAMED_MAX = 100_000
/** Merged rows of one statement, each up to 13 KB. */
const MERGED_PER_PIECE = 200
/** Requests, and recipients, that one statement looks up. */
const KEYS_PER_LOOK = 1_000

/** Adds those of the unfinished recipients that no row of their own request names. */
export async function collectUnreferenced(db: Db, open: OpenRecipient[], unnamed: Unnamed): Promise<void> {
  const candidates: Unnamed = new Map(open.map((recipient) => [keyOf(recipient), recipient]))
  const requests = new Map(open.map(({ smsIdentifier, userId }) => [smsIdentifier, [userId, smsIdentifier]]))
  for (const some of cut([...requests.values()])) {
    const keys = some.map(([userId, id]) => [userId, hexOf(String(id))])
    const { rows } = await look(db, 'audit.own_rows', (reader) =>
      sql<{ payload: string }>`
        SELECT o.payload
        FROM JSON_TABLE(${JSON.stringify(keys)}, '$[*]'
            COLUMNS (user_id BIGINT PATH '$[0]', id CHAR(32) PATH '$[1]')) asked
          STRAIGHT_JOIN outbox_events o FORCE INDEX (idx_outbox_user)
          ON o.user_id = asked.user_id AND o.sms_identifier = UNHEX(asked.id)`.execute(reader),
    )
    for (const { payload } of rows) strikeOff(candidates, decodeRanges(payload))
  }
  for (const [key, recipient] of candidates) unnamed.set(key, recipient)
}

/**
 * Strikes off those that a piece of the merged rows names, in the order of their keys.
 * @returns where the next piece begins; undefined when this was the last or nobody is left.
 */
export async function excludeMerged(db: Db, unnamed: Unnamed, after: Buffer): Promise<Buffer | undefined> {
  if (unnamed.size === 0) return undefined
  const { rows } = await look(db, 'audit.merged_rows', (reader) =>
    sql<{ id: Buffer; payload: string }>`
      SELECT o.id, o.payload
      FROM (SELECT id FROM outbox_events FORCE INDEX (idx_outbox_user)
            WHERE user_id IS NULL AND sms_identifier IS NULL AND id > ${after}
            ORDER BY id LIMIT ${sql.lit(MERGED_PER_PIECE)}) piece
        STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = piece.id
      ORDER BY o.id`.execute(reader),
  )
  for (const { payload } of rows) strikeOff(unnamed, decodeRanges(payload))
  return rows.length < MERGED_PER_PIECE ? undefined : rows.at(-1)?.id
}

/** After all merged rows were read: those that are still unfinished, and therefore were named by none. */
export async function findStranded(db: Db, unnamed: Unnamed): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const some of cut([...unnamed.values()])) {
    const keys = some.map(({ smsIdentifier, recipientNo }) => [hexOf(smsIdentifier), recipientNo])
    const { rows } = await look(db, 'audit.stranded', (reader) =>
      sql<{ position: number; status: SmsState }>`
        SELECT asked.position, s.status
        FROM JSON_TABLE(${JSON.stringify(keys)}, '$[*]' COLUMNS (position FOR ORDINALITY,
            id CHAR(32) PATH '$[0]', recipient_no SMALLINT UNSIGNED PATH '$[1]')) asked
          STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
          ON s.sms_identifier = UNHEX(asked.id) AND s.recipient_no = asked.recipient_no
        WHERE s.status IN ('pending', 'sending')`.execute(reader),
    )
    for (const { position, status } of rows) {
      const { smsIdentifier, recipientNo } = some[position - 1] as OpenRecipient
      const subject = `message ${smsIdentifier}, recipient ${recipientNo}`
      violations.push({ rule: 'outbox', subject, explanation: `is ${status} and no outbox row names it` })
    }
  }
  return violations
}

/** A row that cannot be read names nobody: its own rule says so as well. */
function strikeOff(recipients: Unnamed, ranges: RecipientRange[] = []): void {
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

function cut<T>(items: T[]): T[][] {
  const pieces: T[][] = []
  for (let start = 0; start < items.length; start += KEYS_PER_LOOK)
    pieces.push(items.slice(start, start + KEYS_PER_LOOK))
  return pieces
}
