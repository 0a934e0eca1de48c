import { sql } from 'kysely'
import type { MissCause } from '../../db/schema.ts'
import type { RecipientKey } from '../messages/index.ts'
import type { Tx } from '../platform/db/index.ts'
import type { Misses } from './types.ts'

/** Recipients that this transaction ended, and whose guarantees may have been over by then. */
interface EndedLate {
  done: RecipientKey[]
  failed: RecipientKey[]
}

/**
 * Records which guarantees were missed, in the transaction that ends the recipients: the database compares what it wrote.
 * The caller names all that may have been missed, and the others cost no statement. May run again. @returns how many.
 */
export async function recordMisses(tx: Tx, { done, failed }: EndedLate): Promise<Misses> {
  return { late: await record(tx, 'late', done), unsent: await record(tx, 'unsent', failed) }
}

/** A price that a failure has refunded is not given back again. */
async function record(tx: Tx, cause: MissCause, keys: RecipientKey[]): Promise<number> {
  if (keys.length === 0) return 0
  const endedAt = cause === 'late' ? sql`s.handed_over_at` : sql`s.updated_at`
  const named = keys.map(({ smsIdentifier, recipientNo }) => [smsIdentifier.replaceAll('-', ''), recipientNo])
  const { numAffectedRows } = await sql`
    INSERT IGNORE INTO deadline_misses (sms_identifier, recipient_no, user_id, cause, guaranteed_by, ended_at, due_at)
    SELECT s.sms_identifier, s.recipient_no, s.user_id, ${cause}, r.guaranteed_by, ${endedAt},
           IF(${cause} = 'late' AND s.price > 0 AND t.refund_missed, NOW(3), NULL)
    FROM JSON_TABLE(${JSON.stringify(named)}, '$[*]' COLUMNS (sms_identifier CHAR(32) PATH '$[0]',
        recipient_no SMALLINT UNSIGNED PATH '$[1]')) ended
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = UNHEX(ended.sms_identifier)
        AND s.recipient_no = ended.recipient_no
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
      LEFT JOIN tariffs t ON t.id = s.tariff_id
    WHERE ${endedAt} > r.guaranteed_by`.execute(tx)
  return Number(numAffectedRows ?? 0)
}
