import { sql } from 'kysely'
import type { DeliveryStatus } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { subjectOf } from './explainMessages.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'receipts', column: 'sms_identifier' } as const

/** The receipts of one recipient. */
interface Row {
  id: Buffer
  recipient_no: number
  found: number
  is_missing: number
  delivery_status: DeliveryStatus | null
  /** Applied to the whole message. */
  applied: string
  verdict: DeliveryStatus | null
}

/** Checks that a recipient has the delivery status of the one receipt that was applied (invariant 3). */
export const receiptScan: Scan = {
  ...{ name: 'receipts', table: 'receipts', readPage, isOfMessages: true as const },
  lastKey: lastKeyOf(KEY),
}

async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, bounds, rowsMax)
  const rows = await query(
    db,
    'audit.receipts',
    sql<Row>`
      SELECT e.id, e.recipient_no, e.found, e.applied, e.verdict,
             s.sms_identifier IS NULL AS is_missing, s.delivery_status
      FROM (SELECT sms_identifier AS id, recipient_no, COUNT(*) AS found,
                   SUM(state = 'applied' AND part_no IS NULL) AS applied,
                   MAX(IF(state = 'applied' AND part_no IS NULL, verdict, NULL)) AS verdict
            FROM receipts FORCE INDEX (PRIMARY) WHERE ${within('sms_identifier', span)}
            GROUP BY sms_identifier, recipient_no) e
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY)
          ON s.sms_identifier = e.id AND s.recipient_no = e.recipient_no`,
  )
  const found = rows.reduce((sum, row) => sum + Number(row.found), 0)
  return { rows: found, violations: rows.flatMap(explain), end: endOf(span) }
}

function explain(row: Row): Violation[] {
  const explanation = faultOf(row)
  const subject = subjectOf(row.id, row.recipient_no)
  return explanation === undefined ? [] : [{ rule: 'delivery', subject, explanation }]
}

function faultOf(row: Row): string | undefined {
  const { is_missing, delivery_status: status, applied, verdict } = row
  if (is_missing) return 'has a receipt and does not exist'
  if (Number(applied) > 1) return `had ${applied} receipts applied`
  if (Number(applied) === 1 && status !== verdict)
    return `is ${status ?? 'without a delivery status'}, and its receipt says ${verdict}`
  return undefined
}
