import type { ColumnType } from 'kysely'
import type { KeyMode, Tier } from '../src/primitives/access.ts'
import type { MessageClass } from '../src/primitives/messageClass.ts'

/**
 * The tables as Kysely sees them: one interface a table, checked against the real schema by a test. Rules and reasons
 * stand in the migrations beside this file.
 */
export interface Schema {
  user_balances: UserBalances
  user_transactions: UserTransactions
  sms_requests: SmsRequests
  sms_status: SmsStatus
  operator_messages: OperatorMessages
  sms_quarantine: SmsQuarantine
  outbox_events: OutboxEvents
  outbox_positions: OutboxPositions
  skip_locked_probe: SkipLockedProbe
  audit_checkpoint: AuditCheckpoint
  audit_accounts: AuditAccounts
  customers: Customers
  api_keys: ApiKeys
  access_revision: AccessRevision
  admin_log: AdminLog
  idempotency_keys: IdempotencyKeys
}

export type SmsState = 'pending' | 'sending' | 'done' | 'failed' | 'cancelled'
export type DeliveryStatus = 'delivered' | 'undelivered'
export type TransactionType = 'topup' | 'charge' | 'refund'

/** BOOLEAN is read as 0 or 1 and may be written as a boolean. */
type Flag = ColumnType<number, boolean | undefined, boolean>
/** A column with a default or NULL: may be left out of an insert. */
type Optional<T> = ColumnType<T, T | undefined, T>

export interface UserBalances {
  user_id: number
  balance: number
  last_seq: number
  fair_tag: Optional<number>
  parts_tat: Optional<number>
  last_updated: Date
}

export interface UserTransactions {
  transaction_id: Buffer
  recipient_no: number
  transaction_type: TransactionType
  user_id: number
  seq: number
  amount: number
  balance_after: number
  description: string
  created_at: Date
}

export interface SmsRequests {
  sms_identifier: Buffer
  user_id: number
  type: MessageClass
  text: string
  sender: Optional<string | null>
  recipients: number
  send_at: Optional<Date | null>
  expires_at: Optional<Date | null>
  created_at: Date
}

export interface SmsStatus {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  recipient: string
  status: SmsState
  delivery_status: Optional<DeliveryStatus | null>
  price: number
  parts: Optional<number>
  attempts: Optional<number>
  unconfirmed: Optional<number>
  provider: Optional<string>
  owner: Optional<Buffer | null>
  lease_until: Optional<Date | null>
  retrying_since: Optional<Date | null>
  possibly_sent: Flag
  possible_duplicate: Flag
  failure_reason: Optional<string | null>
  handed_over_at: Optional<Date | null>
  created_at: Date
  updated_at: Date
}

export interface OperatorMessages {
  sms_identifier: Buffer
  recipient_no: number
  provider: string
  provider_message_id: string
  created_at: Date
}

export interface SmsQuarantine {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  reason: string
  created_at: Date
}

export interface OutboxEvents {
  id: Buffer
  lane: number
  /** A tag, a deadline or a time, by lane; times are microseconds since the epoch. */
  order_key: number
  user_id: Optional<number | null>
  sms_identifier: Optional<Buffer | null>
  /** JSON text: [[sms identifier, first recipient number, last, customer, traceparent?], …]. */
  payload: string
  recipients: number
  last_error: Optional<string | null>
  created_at: Date
}

export interface OutboxPositions {
  lane: number
  order_key: number
}

export interface SkipLockedProbe {
  id: number
}

export interface AuditCheckpoint {
  id: number
  owner: Optional<Buffer | null>
  lease_until: Optional<Date | null>
  head_until: Optional<Date | null>
  head_cursor: Optional<string | null>
  pass_cursor: Optional<string | null>
  pass_state: Optional<Buffer | null>
  pass_ended_at: Optional<Date | null>
}

export interface AuditAccounts {
  user_id: number
  seq: number
  balance: number
}

export interface Customers {
  user_id: number
  public_id: Buffer
  name: string
  tier: Tier
  parts_per_minute: Optional<number | null>
  parts_burst: Optional<number | null>
  requests_per_second: Optional<number | null>
  created_at: Date
  updated_at: Date
}

export interface ApiKeys {
  id: Buffer
  key_hash: Buffer
  user_id: number
  name: string
  hint: string
  mode: KeyMode
  /** Words separated by commas. */
  scopes: string
  /** Ranges of addresses separated by commas; NULL for any address. */
  allowed_sources: Optional<string | null>
  expires_at: Optional<Date | null>
  revoked_at: Optional<Date | null>
  last_used_at: Optional<Date | null>
  created_at: Date
}

export interface AccessRevision {
  id: number
  revision: number
}

export interface AdminLog {
  id: Buffer
  actor: string
  action: string
  user_id: Optional<number | null>
  /** JSON text: an object. */
  details: string
  created_at: Date
}

export interface IdempotencyKeys {
  user_id: number
  route: string
  is_test: ColumnType<number, boolean, boolean>
  idempotency_key: string
  fingerprint: Buffer
  identifier: Buffer
  status: number
  answer: Buffer
  created_at: Date
  kept_until: Date
}
