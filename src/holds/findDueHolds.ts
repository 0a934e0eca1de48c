import { sql } from 'kysely'
import { dateTime } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { HoldKey } from './removeHolds.ts'

/** Where a reading goes on: after this hold. */
export interface DuePosition {
  releaseAt: Date
  smsIdentifier: Buffer
  recipientNo: number
}

export interface DueHold extends HoldKey {
  userId: number
  position: DuePosition
}

/** @returns holds whose time is over, the oldest first. */
export async function findDueHolds(
  reader: Reader,
  { after, limit }: { after?: DuePosition | undefined; limit: number },
): Promise<DueHold[]> {
  const isAfter = after
    ? sql`AND release_at >= ${timeOf(after)} AND (release_at > ${timeOf(after)}
        OR sms_identifier > ${after.smsIdentifier}
        OR (sms_identifier = ${after.smsIdentifier} AND recipient_no > ${after.recipientNo}))`
    : sql``
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
    user_id: number
    release_at: Date
  }>`
    SELECT sms_identifier, recipient_no, user_id, release_at FROM holds FORCE INDEX (idx_holds_release)
    WHERE release_at <= NOW(3) ${isAfter}
    ORDER BY release_at, sms_identifier, recipient_no LIMIT ${sql.lit(limit)}`.execute(reader)
  return rows.map(({ sms_identifier: id, recipient_no: recipientNo, user_id: userId, release_at }) => ({
    ...{ smsIdentifier: identifierFromBytes(id), recipientNo, userId },
    position: { releaseAt: release_at, smsIdentifier: id, recipientNo },
  }))
}

function timeOf({ releaseAt }: DuePosition): string {
  return dateTime(releaseAt.getTime())
}
