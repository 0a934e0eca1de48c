import type { DeliveryStatus, SmsState } from '../../../db/schema.ts'
import { explainFailure, moneyOf, returnedOf, v1StatusOf } from '../../messages/index.ts'
import type { V1Status } from '../../messages/index.ts'
import { countryOf } from '../../numbers/index.ts'
import { digitsOf } from '../../primitives/address.ts'
import type { Charging } from '../../primitives/charging.ts'
import { identifierFromBytes } from '../../primitives/identifier.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import type { Column, Row } from '../columns.ts'
import type { Filters } from '../types.ts'

export interface RequestRow {
  sms_identifier: Buffer
  type: MessageClass
  text: string
  sender: string | null
  recipients: number
  send_at: Date | null
  is_test: number
  created_at: Date
  is_scheduled: number
}

export interface RecipientRow {
  sms_identifier: Buffer
  recipient_no: number
  recipient: string
  status: SmsState
  delivery_status: DeliveryStatus | null
  is_retrying: number
  parts: number
  price: number
  returned: number
  charging: Charging
  provider: string
  possibly_sent: number
  possible_duplicate: number
  failure_reason: string | null
  handed_over_at: Date | null
  updated_at: Date
}

export const MESSAGE_COLUMNS: readonly Column[] = [
  { name: 'message_id', type: 'identifier' },
  { name: 'recipient_no', type: 'integer' },
  { name: 'recipient', type: 'word' },
  { name: 'type', type: 'word' },
  { name: 'status', type: 'word' },
  { name: 'from', type: 'text' },
  { name: 'text', type: 'text' },
  { name: 'client_reference', type: 'text' },
  { name: 'parts', type: 'integer' },
  { name: 'cost_cents', type: 'integer' },
  { name: 'refunded_cents', type: 'integer' },
  { name: 'charging', type: 'word' },
  { name: 'money', type: 'word' },
  { name: 'operator', type: 'word' },
  { name: 'failure_code', type: 'word' },
  { name: 'failure_detail', type: 'text' },
  { name: 'possible_duplicate', type: 'flag' },
  { name: 'test', type: 'flag' },
  { name: 'created_at', type: 'time' },
  { name: 'send_at', type: 'time' },
  { name: 'handed_over_at', type: 'time' },
  { name: 'updated_at', type: 'time' },
]

/** In the order of the columns. */
export function toMessageRow(request: RequestRow, one: RecipientRow, clientReference: string | null): Row {
  const failure = explainFailure(one)
  return [
    identifierFromBytes(request.sms_identifier),
    one.recipient_no,
    one.recipient,
    request.type,
    statusOf(request, one),
    request.sender,
    request.text,
    clientReference,
    one.parts,
    one.price,
    ...[returnedOf(one), one.charging, moneyOf(one)],
    one.provider || null,
    failure?.code ?? null,
    failure?.detail || null,
    one.possible_duplicate === 1,
    request.is_test === 1,
    request.created_at.toISOString(),
    request.send_at?.toISOString() ?? null,
    one.handed_over_at?.toISOString() ?? null,
    one.updated_at.toISOString(),
  ]
}

/** @returns the price of a recipient, unless it went back. */
export function chargedFor(one: RecipientRow): number {
  return one.price - returnedOf(one)
}

export function fitsMessage(request: RequestRow, one: RecipientRow, filters: Filters): boolean {
  const { type, status, recipient, operator, country } = filters
  return (
    (type === undefined || request.type === type) &&
    (operator === undefined || one.provider === operator) &&
    (recipient === undefined || digitsOf(one.recipient) === digitsOf(recipient)) &&
    (status === undefined || statusOf(request, one) === status) &&
    (country === undefined || countryOf(one.recipient) === country)
  )
}

function statusOf(request: RequestRow, one: RecipientRow): V1Status {
  return v1StatusOf({
    ...{ status: one.status, deliveryStatus: one.delivery_status },
    ...{ isRetrying: one.is_retrying === 1, isScheduled: request.is_scheduled === 1 },
  })
}
