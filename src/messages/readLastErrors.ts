import { sql } from 'kysely'
import type { AttemptResult } from '../../db/schema.ts'
import type { Reader } from '../platform/db/index.ts'
import type { FailureView } from './explainFailure.ts'

/**
 * @param recipients numbers, both included. @returns why the last attempt of recipients that wait for another one did not
 * succeed, by their number. Reads a few rows for each.
 */
export async function readLastErrors(
  reader: Reader,
  smsIdentifier: Buffer,
  recipients: { first: number; last: number },
): Promise<Map<number, FailureView>> {
  const { rows } = await sql<{ recipient_no: number; result: AttemptResult; reason: string }>`
    SELECT a.recipient_no, a.result, a.reason
    FROM sms_status s FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN delivery_attempts a FORCE INDEX (PRIMARY) ON a.sms_identifier = s.sms_identifier
        AND a.recipient_no = s.recipient_no AND a.attempt = s.attempts
    WHERE s.sms_identifier = ${smsIdentifier}
      AND s.recipient_no BETWEEN ${recipients.first} AND ${recipients.last}
      AND s.status = 'pending' AND s.retrying_since IS NOT NULL
    ORDER BY a.recipient_no, a.call_no`.execute(reader)
  // Of several submissions in one round the last one is kept.
  return new Map(
    rows.map(({ recipient_no, result, reason }) => [
      recipient_no,
      { code: result === 'unknown' || result === 'asked' ? 'possibly_sent' : 'not_accepted', detail: reason },
    ]),
  )
}
