import { sql } from 'kysely'
import type { ReportChanges } from '../../db/schema.ts'
import type { Tx } from '../platform/db/index.ts'
import type { CountedRow } from './contribution.ts'

/**
 * A message is due when it was accepted, when it was to be sent, or when its customer's rate or window lets it leave. BIGINT,
 * because 60 days do not fit into an INT of microseconds.
 */
const DUE = sql`GREATEST(s.created_at, COALESCE(r.delayed_until, r.send_at, s.created_at))`
/** A note that the recipient's price was returned. */
const NOTED = sql`LEFT JOIN report_changes p FORCE INDEX (PRIMARY) ON p.sms_identifier = s.sms_identifier
  AND p.recipient_no = s.recipient_no AND p.was = 'paid'`
const IS_NOTED = sql`p.was IS NOT NULL AS is_return_noted`
const COLUMNS = sql`s.sms_identifier, s.recipient_no, s.user_id, r.type, r.is_test, s.recipient, s.status,
  s.delivery_status, s.price, s.returned, s.parts, s.cost, s.provider,
  TIMESTAMPDIFF(MICROSECOND, ${DUE}, s.handed_over_at) DIV 1000 AS handover_ms,
  IF(s.delivery_status = 'delivered', TIMESTAMPDIFF(MICROSECOND, ${DUE}, s.updated_at) DIV 1000, NULL) AS changed_ms`

/** The position of a reading: recipients after it follow. */
export interface RecipientPosition {
  id: Buffer
  no: number
}

/** After the last recipient of its message. */
export function afterMessage(id: Buffer): RecipientPosition {
  return { id, no: 65_535 }
}

const isAfter = ({ id, no }: RecipientPosition) =>
  sql`(s.sms_identifier > ${id} OR (s.sms_identifier = ${id} AND s.recipient_no > ${no}))`

/**
 * Reads recipients in key order and locks them: it waits for transactions that inserted or changed them, and none changes
 * them before this one has ended. Some hold the locks of a settlement, in the same order.
 */
export async function lockRows(
  tx: Tx,
  { after, until, limit }: { after: RecipientPosition; until: Buffer; limit: number },
): Promise<CountedRow[]> {
  const { rows } = await sql<CountedRow>`SELECT ${COLUMNS}, FALSE AS is_return_noted
    FROM sms_status s FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
    WHERE ${isAfter(after)} AND s.sms_identifier <= ${until}
    ORDER BY s.sms_identifier, s.recipient_no LIMIT ${sql.lit(limit)} LOCK IN SHARE MODE`.execute(tx)
  return rows
}

/** A recipient that was counted, and as what. */
export interface RowAsCounted extends CountedRow {
  /** As what it is counted while changes of it wait; null: as what it is. */
  counted_as: Exclude<ReportChanges['was'], 'paid'> | null
}

/** Reads recipients in key order together with the changes of them that wait: one statement shows one moment. */
export async function readAsCounted(
  tx: Tx,
  { after, until, limit }: { after: RecipientPosition; until: Buffer; limit: number },
): Promise<RowAsCounted[]> {
  const { rows } =
    await sql<RowAsCounted>`SELECT ${COLUMNS}, ${IS_NOTED}, COALESCE(o.was, d.was) AS counted_as
    FROM sms_status s FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = s.sms_identifier
      LEFT JOIN report_changes o FORCE INDEX (PRIMARY) ON o.sms_identifier = s.sms_identifier
        AND o.recipient_no = s.recipient_no AND o.was = 'open'
      LEFT JOIN report_changes d FORCE INDEX (PRIMARY) ON d.sms_identifier = s.sms_identifier
        AND d.recipient_no = s.recipient_no AND d.was = 'sent'
      ${NOTED}
    WHERE ${isAfter(after)} AND s.sms_identifier <= ${until}
    ORDER BY s.sms_identifier, s.recipient_no LIMIT ${sql.lit(limit)}`.execute(tx)
  return rows
}

/** A change with its recipient as it is now, which may be later. */
export interface ChangedRow extends CountedRow, Pick<ReportChanges, 'was' | 'became'> {}

/** Reads changes that wait. A later one of the same recipient follows an earlier one; its return is the last. */
export async function readChanges(tx: Tx, limit: number): Promise<ChangedRow[]> {
  const { rows } = await sql<ChangedRow>`SELECT c.was, c.became, ${COLUMNS}, ${IS_NOTED}
    FROM report_changes c FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = c.sms_identifier
        AND s.recipient_no = c.recipient_no
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = c.sms_identifier
      ${NOTED}
    ORDER BY c.sms_identifier, c.recipient_no, c.was LIMIT ${sql.lit(limit)}`.execute(tx)
  return rows
}
