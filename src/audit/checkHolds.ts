import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import type { Charging } from '../primitives/charging.ts'
import { subjectOf } from './explainMessages.ts'
import { endOf, lastKeyOf, query, spanFrom, within } from './page.ts'
import type { Bounds, Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'holds', column: 'sms_identifier' } as const

/** A release may wait for relays that are down, or for a balance that is locked. */
const RELEASED_WITHIN_SECONDS = 600
/** Between the statements of a settlement. */
const TOLERANCE_SECONDS = 10

interface Row {
  id: Buffer
  recipient_no: number
  user_id: number
  price: number
  customer: number | null
  owed: number
  charging: Charging
  status: SmsState | null
  delivery_status: DeliveryStatus | null
  returned: number
  is_waiting: number
  is_overdue: number | null
  differs: number | null
}

/**
 * Checks that each hold is of a price that its recipient has not paid and not got back, and ends when its tariff says
 * (decision 0045). The scan of messages finds recipients without their hold.
 */
export const holdScan: Scan = {
  ...{ name: 'holds', table: 'holds', readPage, isOfMessages: true as const },
  lastKey: lastKeyOf(KEY),
}

async function readPage(db: Db, bounds: Bounds, rowsMax: number): Promise<Page> {
  const span = await spanFrom(db, KEY, bounds, rowsMax)
  const rows = await query(
    db,
    'audit.holds',
    sql<Row>`
      SELECT h.sms_identifier AS id, h.recipient_no, h.user_id, h.price, s.user_id AS customer, s.price AS owed,
             s.charging, s.status, s.delivery_status, s.returned, h.release_at IS NOT NULL AS is_waiting,
             h.release_at < NOW(3) - INTERVAL ${sql.lit(RELEASED_WITHIN_SECONDS)} SECOND AS is_overdue,
             s.delivery_status IS NULL AND ABS(TIMESTAMPDIFF(SECOND, h.release_at,
               s.handed_over_at + INTERVAL h.receipt_wait_seconds SECOND)) > ${sql.lit(TOLERANCE_SECONDS)} AS differs
      FROM holds h FORCE INDEX (PRIMARY)
        LEFT JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = h.sms_identifier
          AND s.recipient_no = h.recipient_no
      WHERE ${within('h.sms_identifier', span)}`,
  )
  return { rows: rows.length, violations: rows.flatMap(explain), end: endOf(span) }
}

function explain(row: Row): Violation[] {
  const subject = subjectOf(row.id, row.recipient_no)
  const explanation = explainState(row) ?? explainTime(row)
  const violations: Violation[] = explanation === undefined ? [] : [{ rule: 'hold', subject, explanation }]
  if (row.customer !== null && row.customer !== row.user_id) {
    const whose = `is held of customer ${row.user_id} and of customer ${row.customer}`
    violations.push({ rule: 'customer', subject, explanation: whose })
  }
  return violations
}

function explainState(row: Row): string | undefined {
  const { status, charging, delivery_status: delivered, price, owed, returned } = row
  if (status === null) return 'is held and does not exist'
  if (charging === 'acceptance') return 'is held and was paid at acceptance'
  if (returned > 0) return 'is held and its price went back'
  const isOpen = status === 'pending' || status === 'sending'
  const isHeld = isOpen || (charging === 'delivery' && status === 'done' && delivered !== 'delivered')
  if (!isHeld) return `has a hold although its mode is ${charging} and it is ${delivered ?? status}`
  return price === owed ? undefined : `${price} is held instead of ${owed}`
}

function explainTime({ status, is_waiting, is_overdue, differs }: Row): string | undefined {
  if ((status === 'done') !== (is_waiting === 1))
    return `is held and ${status} ${is_waiting ? 'with' : 'without'} a time of its release`
  if (differs === 1) return 'is held for another time than its tariff says'
  return is_overdue === 1 ? 'is held, and its release is overdue' : undefined
}
