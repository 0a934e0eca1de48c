import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { RecipientKey } from '../messages/index.ts'
import { read, transact } from '../platform/db/index.ts'
import type { Db, Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, lowestAt } from '../primitives/identifier.ts'
import { recordMisses } from './recordMisses.ts'
import { NO_MISSES } from './types.ts'
import type { Misses } from './types.ts'

/** Of one read and of the transaction that follows it, whatever the size of their messages. */
const RECIPIENTS_MAX = 1_000
const OPTIONS = { resolve: () => Promise.resolve(undefined) }

interface PageRange {
  after: RecipientKey
  /** An identifier. */
  before: string
  recipientsMax: number
}

interface Page {
  /** Of which the misses are not recorded. */
  forgotten: Record<'done' | 'failed', RecipientKey[]>
  /** The last recipient that was read; undefined: the range ends here. */
  end: RecipientKey | undefined
}

/**
 * Records the misses of messages that were accepted in a range of time and ended by a program that knows no guarantees,
 * while the engine runs. What is recorded already stays as it is. May run again. @returns how many. @throws Unavailable.
 */
export async function recordForgotten(
  db: Db,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  recipientsMax = RECIPIENTS_MAX,
): Promise<Misses> {
  let recorded = NO_MISSES
  const before = lowestAt(toMs)
  let position: RecipientKey | undefined = { smsIdentifier: lowestAt(fromMs), recipientNo: 0 }
  while (position) {
    const range: PageRange = { after: position, before, recipientsMax }
    const { forgotten, end }: Page = await read(db, 'deadlines.find_forgotten', (reader) =>
      readPage(reader, range),
    )
    if (forgotten.done.length + forgotten.failed.length > 0) {
      const record = (tx: Tx) => recordMisses(tx, forgotten)
      const { late, unsent } = await transact(db, 'deadlines.record_forgotten', record, OPTIONS)
      recorded = { late: recorded.late + late, unsent: recorded.unsent + unsent }
    }
    position = end
  }
  return recorded
}

interface Row {
  id: Buffer
  recipient_no: number
  status: SmsState
  is_forgotten: number
}

/** Recipients in key order, also such as missed nothing: what a read costs is bounded, and not only what it finds. */
async function readPage(reader: Reader, { after, before, recipientsMax }: PageRange): Promise<Page> {
  const id = identifierToBytes(after.smsIdentifier)
  const { rows } = await sql<Row>`
    SELECT s.sms_identifier AS id, s.recipient_no, s.status, m.sms_identifier IS NULL AND COALESCE(
      CASE s.status WHEN 'done' THEN s.handed_over_at WHEN 'failed' THEN s.updated_at END > r.guaranteed_by, FALSE
    ) AS is_forgotten
    FROM sms_status s FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
      LEFT JOIN deadline_misses m FORCE INDEX (PRIMARY) ON m.sms_identifier = s.sms_identifier
        AND m.recipient_no = s.recipient_no
    WHERE (s.sms_identifier > ${id} OR (s.sms_identifier = ${id} AND s.recipient_no > ${after.recipientNo}))
      AND s.sms_identifier < ${identifierToBytes(before)}
    ORDER BY s.sms_identifier, s.recipient_no LIMIT ${sql.lit(recipientsMax)}`.execute(reader)
  const withStatus = (wanted: SmsState) =>
    rows.filter(({ status, is_forgotten }) => is_forgotten === 1 && status === wanted).map(toKey)
  const last = rows.length < recipientsMax ? undefined : rows.at(-1)
  return { forgotten: { done: withStatus('done'), failed: withStatus('failed') }, end: last && toKey(last) }
}

function toKey({ id, recipient_no: recipientNo }: Row): RecipientKey {
  return { smsIdentifier: identifierFromBytes(id), recipientNo }
}
