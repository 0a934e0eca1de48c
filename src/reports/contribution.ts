import type { DeliveryStatus, ReportResult, SmsState } from '../../db/schema.ts'
import { countryOf } from '../numbers/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { startOf } from './levels.ts'

/** A recipient as the tables have it. */
export interface CountedRow {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  type: MessageClass
  is_test: number
  recipient: string
  status: SmsState
  delivery_status: DeliveryStatus | null
  price: number
  /** Beside what its state gave back. */
  returned: number
  /** A note of that return waits: what is returned is not counted yet. */
  is_return_noted: number
  parts: number
  /** What its operator charges; null where that is not known. */
  cost: number | null
  provider: string
  /** From when it was due to its hand-over, and to its last change; null without a hand-over. */
  handover_ms: number | null
  changed_ms: number | null
}

/** Where a recipient is counted. */
export interface CellKey {
  userId: number
  startedAtMs: number
  type: MessageClass
  operator: string
  country: string
  result: ReportResult
}

/** What one recipient adds to its minute. */
export interface Contribution extends CellKey {
  parts: number
  charged: number
  refunded: number
  /** What its operator charges; null: it was not handed over, or that is not known. */
  cost: number | null
  /** Null: it was not handed over. */
  handoverMs: number | null
  /** Null: it is not delivered. */
  deliveryMs: number | null
}

const MINUTE_MS = 60_000
const TIME_BYTES = 6

/**
 * @param result as what it is counted: by default as what it is now. What it was before follows from what it is, because a
 * recipient only gains: an operator, a hand-over, a delivery or a refund.
 * @returns undefined for a test message, which reports leave out.
 */
export function contributionOf(row: CountedRow, result = resultOf(row)): Contribution | undefined {
  if (row.is_test === 1) return undefined
  const isHandedOver = result === 'sent' || result === 'delivered' || result === 'undelivered'
  return {
    userId: row.user_id,
    startedAtMs: startOf(row.sms_identifier.readUIntBE(0, TIME_BYTES), MINUTE_MS),
    type: row.type,
    operator: result === 'open' ? '' : row.provider,
    country: countryOf(row.recipient),
    result,
    parts: row.parts,
    charged: row.price,
    refunded: refundedOf(row, result),
    cost: isHandedOver ? row.cost : null,
    handoverMs: isHandedOver ? notNegative(row.handover_ms) : null,
    deliveryMs: result === 'delivered' ? notNegative(row.changed_ms) : null,
  }
}

/** A failed or cancelled recipient got back its whole price, with what was returned before. */
function refundedOf({ price, returned, is_return_noted: isNoted }: CountedRow, result: ReportResult): number {
  const isRefunded = result === 'failed' || result === 'cancelled'
  return (isRefunded ? price : returned) - (isNoted === 1 ? returned : 0)
}

function resultOf({ status, delivery_status: deliveryStatus }: CountedRow): ReportResult {
  if (status === 'pending' || status === 'sending') return 'open'
  return status === 'done' ? (deliveryStatus ?? 'sent') : status
}

/** The database's clock may have been set back in between. */
function notNegative(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, ms)
}
