import { sql } from 'kysely'
import { listQuarantine } from '../../messages/index.ts'
import type { QuarantinedRecipient } from '../../messages/index.ts'
import { list, read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'

/** More than a person decides at once; the rest shows when these are decided. */
const SHOWN_MAX = 200

export function readQuarantine(db: Db): Promise<QuarantinedRecipient[]> {
  return read(db, 'ops.list_quarantine', (reader) => listQuarantine(reader, SHOWN_MAX))
}

/** What deciding these recipients comes to. */
export interface QuarantineEffect {
  /** How many are still quarantined. */
  recipients: number
  customers: number
  /** Their prices together: what `failed` refunds, in the smallest unit. */
  price: number
}

export function readQuarantineEffect(
  db: Db,
  keys: readonly { id: string; no: number }[],
): Promise<QuarantineEffect> {
  return read(db, 'ops.quarantine_effect', async (reader) => {
    const wanted = list(keys.map(({ id, no }) => [identifierToBytes(id), no]))
    const { rows } = await sql<{ recipients: number; customers: number; price: number }>`
      SELECT COUNT(*) AS recipients, COUNT(DISTINCT q.user_id) AS customers, COALESCE(SUM(s.price), 0) AS price
      FROM sms_quarantine q STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
        ON s.sms_identifier = q.sms_identifier AND s.recipient_no = q.recipient_no
      WHERE (q.sms_identifier, q.recipient_no) IN (${wanted})`.execute(reader)
    const [row] = rows
    return {
      recipients: Number(row?.recipients ?? 0),
      customers: Number(row?.customers ?? 0),
      price: Number(row?.price ?? 0),
    }
  })
}
