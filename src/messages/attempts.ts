import { sql } from 'kysely'
import { insertRows, sqlValue } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { AttemptResult } from '../../db/schema.ts'
import type { RecipientKey } from './recipients.ts'

/** One submission to an operator, as it is stored. */
export interface StoredAttempt extends RecipientKey {
  /** The round, from 1 on: failover and repeats within a claim belong to one round. */
  attempt: number
  /** Within the round, from 1 on. */
  callNo: number
  provider: string
  result: AttemptResult
  reason: string
  routeReason: string
  startedAgoMs: number
  durationMs: number
  /** Made beside another one that was in flight. */
  isHedge?: boolean
}

const REASON_CHARS_MAX = 255
/** What the columns can hold. */
const CALLS_MAX = 255
const DURATION_MS_MAX = 2 ** 32 - 1

/**
 * Stores attempts beside what they decided; may run again. A value that does not fit is stored as it fits, because a
 * history must not refuse a settlement.
 */
export async function storeAttempts(tx: Tx, attempts: StoredAttempt[]): Promise<void> {
  const storable = attempts.filter(({ callNo }) => callNo <= CALLS_MAX)
  if (storable.length === 0) return
  await insertRows(
    tx,
    sql`INSERT IGNORE INTO delivery_attempts (sms_identifier, recipient_no, attempt, call_no, provider, result, reason,
      route_reason, started_at, duration_ms, is_hedge)`,
    storable.map(({ smsIdentifier, recipientNo, startedAgoMs, durationMs, ...one }) => [
      ...[identifierToBytes(smsIdentifier), recipientNo, one.attempt, one.callNo, one.provider, one.result],
      ...[one.reason.slice(0, REASON_CHARS_MAX), one.routeReason.slice(0, REASON_CHARS_MAX)],
      sqlValue(`NOW(3) - INTERVAL ${Math.round(startedAgoMs * 1_000)} MICROSECOND`),
      Math.min(Math.round(durationMs), DURATION_MS_MAX),
      one.isHedge ? 1 : 0,
    ]),
  )
}
