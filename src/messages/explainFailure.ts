import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import { FAILURE_REASONS } from './failureReasons.ts'

/** Why a recipient did not get the message: a stable code for programs and words for people. */
export interface FailureView {
  code: (typeof FAILURE_CODES)[number]
  detail: string
}

/**
 * - rejected: an operator will never take it.
 * - not_accepted: no operator took it in time.
 * - possibly_sent: no operator said that it took it, and one may have.
 * - expired: its time was over before an operator took it.
 * - undelivered: an operator took it and could not deliver it.
 * - no_route: the operators' file has no operator for it.
 * - no_test_operator: a test key sent it, and there is no test operator.
 */
export const FAILURE_CODES = [
  'rejected',
  'not_accepted',
  'possibly_sent',
  'expired',
  'undelivered',
  'no_route',
  'no_test_operator',
] as const

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
  if (row.possibly_sent === 1) return { code: 'possibly_sent', detail }
  return { code: CODES[detail] ?? 'not_accepted', detail }
}

/** Of the engine's own reasons, which are a fixed vocabulary. */
const CODES: Readonly<Record<string, FailureView['code']>> = {
  [FAILURE_REASONS.expired]: 'expired',
  [FAILURE_REASONS.noRoute]: 'no_route',
  [FAILURE_REASONS.noTestOperator]: 'no_test_operator',
}
