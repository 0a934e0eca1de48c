import { sql } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import { read, transact } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, lowestAt } from '../primitives/identifier.ts'
import { recordMisses } from './recordMisses.ts'
import { NO_MISSES } from './types.ts'
import type { Misses } from './types.ts'

/** Requests of one page, each with up to some thousand recipients. */
const REQUESTS_PER_PAGE = 1_000
/** Of one transaction. */
const RECIPIENTS_MAX = 1_000
const OPTIONS = { resolve: () => Promise.resolve(undefined) }

interface Forgotten {
  smsIdentifier: string
  recipientNo: number
  status: SmsState
}

/**
 * Records the misses of messages that were accepted in a range of time and ended by a program that knows no guarantees,
 * while the engine runs. What is recorded already stays as it is. May run again. @returns how many. @throws Unavailable.
 */
export async function recordForgotten(
  db: Db,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<Misses> {
  let recorded = NO_MISSES
  for (let from = lowestAt(fromMs); ;) {
    const to = await read(db, 'deadlines.page_end', (reader) => readPageEnd(reader, from, lowestAt(toMs)))
    const forgotten = await read(db, 'deadlines.find_forgotten', (reader) => find(reader, from, to.before))
    for (let start = 0; start < forgotten.length; start += RECIPIENTS_MAX) {
      const ended = forgotten.slice(start, start + RECIPIENTS_MAX)
      const withStatus = (wanted: SmsState) => ended.filter(({ status }) => status === wanted)
      const keys = { done: withStatus('done'), failed: withStatus('failed') }
      const { late, unsent } = await transact(
        db,
        'deadlines.record_forgotten',
        (tx) => recordMisses(tx, keys),
        OPTIONS,
      )
      recorded = { late: recorded.late + late, unsent: recorded.unsent + unsent }
    }
    if (to.isLast) return recorded
    from = to.before
  }
}

/** @returns the identifier before which a page ends. */
async function readPageEnd(
  reader: Reader,
  from: string,
  until: string,
): Promise<{ before: string; isLast: boolean }> {
  const { rows } = await sql<{ id: Buffer }>`
    SELECT sms_identifier AS id FROM sms_requests FORCE INDEX (PRIMARY)
    WHERE sms_identifier >= ${identifierToBytes(from)} AND sms_identifier < ${identifierToBytes(until)}
    ORDER BY sms_identifier LIMIT 1 OFFSET ${sql.lit(REQUESTS_PER_PAGE)}`.execute(reader)
  const [next] = rows
  return next ? { before: identifierFromBytes(next.id), isLast: false } : { before: until, isLast: true }
}

async function find(reader: Reader, from: string, before: string): Promise<Forgotten[]> {
  const { rows } = await sql<{ id: Buffer; recipient_no: number; status: SmsState }>`
    SELECT s.sms_identifier AS id, s.recipient_no, s.status
    FROM sms_requests r FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = r.sms_identifier
      LEFT JOIN deadline_misses m FORCE INDEX (PRIMARY) ON m.sms_identifier = s.sms_identifier
        AND m.recipient_no = s.recipient_no
    WHERE r.sms_identifier >= ${identifierToBytes(from)} AND r.sms_identifier < ${identifierToBytes(before)}
      AND m.sms_identifier IS NULL
      AND CASE s.status WHEN 'done' THEN s.handed_over_at WHEN 'failed' THEN s.updated_at END > r.guaranteed_by`.execute(
    reader,
  )
  return rows.map(({ id, recipient_no, status }) => {
    return { smsIdentifier: identifierFromBytes(id), recipientNo: recipient_no, status }
  })
}
