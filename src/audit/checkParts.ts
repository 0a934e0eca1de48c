import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { subjectOf } from './explainMessages.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'operator_message_parts', column: 'sms_identifier' } as const

/** The parts of one recipient at one operator. */
interface Row {
  id: Buffer
  recipient_no: number
  provider: string
  found: number
  delivered: number | string
  failed: number | string
  /** With a delivery status that no receipt gave them. */
  untold: number | string
  status: SmsState | null
  taken_by: string | null
  delivery_status: DeliveryStatus | null
  /** Receipts of the whole message that were applied. */
  whole: number
}

/** Checks that each part has the status of its receipt, and each message that of its parts (invariant 3). */
export const partScan: Scan = {
  ...{ name: 'parts', table: 'operator_message_parts', readPage, isOfMessages: true as const },
  lastKey: lastKeyOf(KEY),
}

async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, bounds, rowsMax)
  const rows = await query(
    db,
    'audit.parts',
    sql<Row>`
      SELECT p.*, s.status, s.provider AS taken_by, s.delivery_status,
             (SELECT COUNT(*) FROM receipts w FORCE INDEX (PRIMARY) WHERE w.sms_identifier = p.id
                AND w.recipient_no = p.recipient_no AND w.state = 'applied' AND w.part_no IS NULL) AS whole
      FROM (SELECT sms_identifier AS id, recipient_no, provider, COUNT(*) AS found,
                   SUM(COALESCE(delivery_status = 'delivered', FALSE)) AS delivered,
                   SUM(COALESCE(delivery_status = 'undelivered', FALSE)) AS failed,
                   SUM(delivery_status IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM receipts e FORCE INDEX (PRIMARY) WHERE e.sms_identifier = o.sms_identifier
                       AND e.recipient_no = o.recipient_no AND e.operator = o.provider AND e.part_no = o.part_no
                       AND e.state = 'applied' AND e.verdict = o.delivery_status)) AS untold
            FROM operator_message_parts o FORCE INDEX (PRIMARY) WHERE ${within('sms_identifier', span)}
            GROUP BY sms_identifier, recipient_no, provider) p
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY)
          ON s.sms_identifier = p.id AND s.recipient_no = p.recipient_no`,
  )
  const found = rows.reduce((sum, row) => sum + Number(row.found), 0)
  const byRecipient = Map.groupBy(rows, (row) => subjectOf(row.id, row.recipient_no))
  const violations = [...byRecipient].flatMap(([subject, theirs]) => explain(subject, theirs))
  return { rows: found, violations, end: endOf(span) }
}

/** @param rows of one recipient, one for each operator that has parts of it. */
function explain(subject: string, rows: Row[]): Violation[] {
  const explanation = rows.map(faultOf).find((fault) => fault !== undefined) ?? faultOfAll(rows)
  return explanation === undefined ? [] : [{ rule: 'part', subject, explanation }]
}

function faultOf(row: Row): string | undefined {
  const { status, delivery_status: is, provider, taken_by, untold, failed } = row
  if (status === null) return 'has a part at an operator and does not exist'
  if (Number(untold) > 0) return `has ${untold} parts with a delivery status that no receipt gave them`
  if (is !== null || status !== 'done') return undefined
  if (isWhole(row)) return 'is without a delivery status, and all of its parts are delivered'
  // Another operator's failure says nothing: it may have been delivered through this one.
  return Number(failed) > 0 && provider === taken_by
    ? 'is without a delivery status, and one of its parts was not delivered'
    : undefined
}

function faultOfAll(rows: Row[]): string | undefined {
  const isDelivered = rows.some(({ delivery_status: is, whole }) => is === 'delivered' && Number(whole) === 0)
  return isDelivered && !rows.some(isWhole) ? 'is delivered, and not all of its parts are' : undefined
}

function isWhole({ found, delivered }: Row): boolean {
  return Number(delivered) === Number(found)
}
