import type { AccessCustomer } from '../primitives/access.ts'

/** How a customer's messages leave, as its row keeps it. */
export interface SendingColumns {
  normal_weight: number
  sending_parts_per_second: number | null
  /** Minutes since midnight. */
  window_from: number | null
  window_to: number | null
  window_zone: string | null
  window_express: number
}

type Sending = Pick<AccessCustomer, 'normalWeight' | 'sendingPartsPerSecond' | 'sendingWindow'>

export function toSending(row: SendingColumns): Sending {
  const { window_from: fromMinute, window_to: toMinute, window_zone: timeZone } = row
  return {
    normalWeight: row.normal_weight,
    sendingPartsPerSecond: row.sending_parts_per_second,
    sendingWindow:
      fromMinute === null || toMinute === null || timeZone === null
        ? null
        : { fromMinute, toMinute, timeZone, hasExpress: row.window_express === 1 },
  }
}

export function fromSending({
  normalWeight,
  sendingPartsPerSecond,
  sendingWindow: window,
}: Sending): SendingColumns {
  return {
    normal_weight: normalWeight,
    sending_parts_per_second: sendingPartsPerSecond,
    window_from: window?.fromMinute ?? null,
    window_to: window?.toMinute ?? null,
    window_zone: window?.timeZone ?? null,
    window_express: window?.hasExpress ? 1 : 0,
  }
}
