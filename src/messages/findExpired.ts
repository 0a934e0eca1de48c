import { sql } from 'kysely'
import { list, read } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { KeyRange, Recipient } from './recipients.ts'
import { expiresAt } from './validity.ts'

/** When the time of a message is over, and what is left to a claim. */
export interface ExpiryBounds {
  /** Of a message whose request says nothing else. */
  validityMs: number
  /** A recipient with this many submissions whose results were never stored is quarantined by its next claim. */
  unknownSubmissionsMax: number
}

/**
 * @param groups ranges of recipients, by position. @returns the positions of the groups with a recipient whose time is
 * over and that no owner has under a lease. Locks nothing, so that a caller has to look again under its locks.
 */
export async function findExpired(
  db: Db,
  groups: readonly (readonly KeyRange[])[],
  { validityMs, unknownSubmissionsMax }: ExpiryBounds,
): Promise<number[]> {
  const asked = groups.flatMap((ranges, position) =>
    ranges.map(({ smsIdentifier, first, last }) => [
      ...[position, smsIdentifier.replaceAll('-', ''), first, last],
    ]),
  )
  if (asked.length === 0) return []
  return read(db, 'messages.find_expired', async (reader) => {
    const { rows } = await sql<{ position: number }>`
      SELECT DISTINCT asked.position
      FROM JSON_TABLE(${JSON.stringify(asked)}, '$[*]' COLUMNS (position INT PATH '$[0]', id CHAR(32) PATH '$[1]',
          first SMALLINT UNSIGNED PATH '$[2]', last SMALLINT UNSIGNED PATH '$[3]')) asked
        STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = UNHEX(asked.id)
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = r.sms_identifier
          AND s.recipient_no BETWEEN asked.first AND asked.last
      WHERE ${expiresAt(sql`r`, validityMs)} <= NOW(3)
        AND (s.status = 'pending' OR (s.status = 'sending' AND s.lease_until <= NOW(3)
          AND s.unconfirmed < ${sql.lit(unknownSubmissionsMax)}))`.execute(reader)
    return rows.map(({ position }) => position)
  })
}

/** @returns which of the requests are over. A request never changes, so no lock is taken. */
export async function readExpired(
  tx: Tx,
  smsIdentifiers: string[],
  validityMs: number,
): Promise<Set<string>> {
  const ids = [...new Set(smsIdentifiers)].map(identifierToBytes)
  if (ids.length === 0) return new Set()
  const { rows } = await sql<{ sms_identifier: Buffer }>`
    SELECT r.sms_identifier FROM sms_requests r FORCE INDEX (PRIMARY)
    WHERE r.sms_identifier IN (${list(ids)}) AND ${expiresAt(sql`r`, validityMs)} <= NOW(3)`.execute(tx)
  return new Set(rows.map(({ sms_identifier }) => identifierFromBytes(sms_identifier)))
}

/** Whether no consumer is at work with a locked recipient. One that a claim would quarantine is left to it. */
export function isFreeToEnd(
  { status, owner, liveUntil, unconfirmed }: Recipient,
  unknownSubmissionsMax: number,
): boolean {
  if (status === 'pending') return true
  return status === 'sending' && owner !== null && liveUntil === null && unconfirmed < unknownSubmissionsMax
}
