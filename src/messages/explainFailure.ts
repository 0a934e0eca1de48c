import type { DeliveryStatus, SmsState } from '../../db/schema.ts'

/** Why a recipient did not get the message: a stable code for programs and words for people. */
export interface FailureView {
  code: (typeof FAILURE_CODES)[number]
  detail: string
}

/**
 * - rejected: an operator will never take it.
 * - not_accepted: no operator took it in time.
 * - possibly_sent: no operator said that it took it, and one may have.
 * - undelivered: an operator took it and could not deliver it.
 */
export const FAILURE_CODES = ['rejected', 'not_accepted', 'possibly_sent', 'undelivered'] as const

export interface FailureFacts {
  status: SmsState
  delivery_status: DeliveryStatus | null
  provider: string
  possibly_sent: number
  failure_reason: string | null
}

/** @returns why the recipient failed; null when it did not. */
export function explainFailure(row: FailureFacts): FailureView | null {
  const detail = row.failure_reason ?? ''
  if (row.status === 'done' && row.delivery_status === 'undelivered') return { code: 'undelivered', detail }
  if (row.status !== 'failed') return null
  if (row.provider !== '') return { code: 'rejected', detail }
  return { code: row.possibly_sent === 1 ? 'possibly_sent' : 'not_accepted', detail }
}
