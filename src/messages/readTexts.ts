import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'
import { expiresAt } from './validity.ts'

/** What all recipients of a request share. A null sender is the operator's default. */
export interface Content {
  text: string
  sender: string | null
  /** A test key sent it. */
  isTest: boolean
  /** Null where its class and operators decide. */
  onUnknown: OnUnknown | null
  /** Until it may no longer be submitted, by the database's clock. */
  expiresInMs: number
  /** From its acceptance to the time that it is scheduled for; 0 where it is not. */
  scheduledForMs: number
  /** Until the guarantee of its hand-over ends, by the database's clock; null for none. */
  guaranteedInMs: number | null
  /** Its customer opted in to hedging. */
  hedge: boolean
}

interface Row {
  sms_identifier: Buffer
  text: string
  sender: string | null
  is_test: number
  on_unknown: OnUnknown | null
  expires_in_ms: number | string
  scheduled_for_ms: number | string | null
  guaranteed_in_ms: number | string | null
  hedge: number
}

/**
 * @param validityMs of requests that say nothing else. @returns what requests say, by identifier. A request never
 * changes, so no lock is taken.
 */
export async function readTexts(
  tx: Tx,
  smsIdentifiers: string[],
  validityMs: number,
): Promise<Map<string, Content>> {
  const ids = [...new Set(smsIdentifiers)].map(identifierToBytes)
  const { rows } = await sql<Row>`
    SELECT sms_identifier, text, sender, is_test, on_unknown, hedge,
           TIMESTAMPDIFF(MICROSECOND, NOW(3), guaranteed_by) / 1000 AS guaranteed_in_ms,
           TIMESTAMPDIFF(MICROSECOND, NOW(3), ${expiresAt(sql`r`, validityMs)}) / 1000 AS expires_in_ms,
           TIMESTAMPDIFF(MICROSECOND, created_at, COALESCE(delayed_until, send_at)) / 1000 AS scheduled_for_ms
    FROM sms_requests r FORCE INDEX (PRIMARY)
    WHERE sms_identifier IN (${list(ids)})`.execute(tx)
  return new Map(
    rows.map((row) => [
      identifierFromBytes(row.sms_identifier),
      {
        text: row.text,
        sender: row.sender,
        isTest: row.is_test === 1,
        onUnknown: row.on_unknown,
        expiresInMs: Number(row.expires_in_ms),
        scheduledForMs: Math.max(0, Number(row.scheduled_for_ms)),
        guaranteedInMs: row.guaranteed_in_ms === null ? null : Number(row.guaranteed_in_ms),
        hedge: row.hedge === 1,
      },
    ]),
  )
}
