import type { ColumnType } from 'kysely'
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
  outbox_events: OutboxEvents
  skip_locked_probe: SkipLockedProbe
  audit_checkpoint: AuditCheckpoint
}

export type SmsState = 'pending' | 'sending' | 'done' | 'failed'
export type TransactionType = 'topup' | 'charge' | 'refund'

/** BOOLEAN is read as 0 or 1 and may be written as a boolean. */
type Flag = ColumnType<number, boolean | undefined, boolean>
/** A column with a default or NULL: may be left out of an insert. */
type Optional<T> = ColumnType<T, T | undefined, T>

export interface UserBalances {
  user_id: number
  balance: number
  last_seq: number
  last_updated: Date
}

export interface UserTransactions {
  transaction_id: Buffer
  recipient_no: number
  user_id: number
  seq: number
  amount: number
  balance_after: number
  transaction_type: TransactionType
  description: string
  created_at: Date
}

export interface SmsRequests {
  sms_identifier: Buffer
  user_id: number
  type: MessageClass
  text: string
  price: number
  recipients: number
  created_at: Date
}

export interface SmsStatus {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  recipient: string
  status: SmsState
  provider: Optional<string>
  provider_message_id: Optional<string | null>
  owner: Optional<Buffer | null>
  lease_until: Optional<Date | null>
  retrying_since: Optional<Date | null>
  possibly_sent: Flag
  possible_duplicate: Flag
  created_at: Date
  updated_at: Date
}

export interface OutboxEvents {
  id: Buffer
  event_type: string
  priority: number
  next_run_at: Date
  user_id: Optional<number | null>
  sms_identifier: Optional<Buffer | null>
  /** JSON text: [[sms identifier, first recipient number, last, customer, traceparent?], …]. */
  payload: string
  recipients: number
  attempts: Optional<number>
  last_error: Optional<string | null>
  created_at: Date
}

export interface SkipLockedProbe {
  id: number
}

export interface AuditCheckpoint {
  id: number
  walk: Optional<string | null>
  after_key: Optional<string | null>
  owner: Optional<Buffer | null>
  lease_until: Optional<Date | null>
  pass_ended_at: Optional<Date | null>
}
