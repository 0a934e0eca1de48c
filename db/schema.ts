import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { KeyMode, Tier } from '../src/primitives/access.ts'
import type { Charging } from '../src/primitives/charging.ts'
import type { MessageClass } from '../src/primitives/messageClass.ts'
import type { OnUnknown } from '../src/primitives/onUnknown.ts'

/**
 * The tables as Kysely sees them: one interface a table, checked against the real schema by a test. Rules and reasons
 * stand in the migrations beside this file.
 */
export interface Schema {
  user_balances: UserBalances
  user_transactions: UserTransactions
  sms_requests: SmsRequests
  sms_status: SmsStatus
  message_references: MessageReferences
  message_tags: MessageTags
  operator_messages: OperatorMessages
  operator_message_parts: OperatorMessageParts
  part_references: PartReferences
  part_reference_counters: PartReferenceCounters
  waiting_receipts: WaitingReceipts
  receipts: Receipts
  delivery_attempts: DeliveryAttempts
  deadline_misses: DeadlineMisses
  sms_quarantine: SmsQuarantine
  outbox_events: OutboxEvents
  outbox_positions: OutboxPositions
  skip_locked_probe: SkipLockedProbe
  audit_checkpoint: AuditCheckpoint
  audit_accounts: AuditAccounts
  removed_weeks: RemovedWeeks
  removed_ledger: RemovedLedger
  retention_position: RetentionPosition
  customers: Customers
  api_keys: ApiKeys
  access_revision: AccessRevision
  admin_log: AdminLog
  idempotency_keys: IdempotencyKeys
  bulks: Bulks
  bulk_messages: BulkMessages
  tariffs: Tariffs
  tariffs_revision: TariffsRevision
  event_queue: EventQueue
  event_sequences: EventSequences
  event_log: EventLog
  message_callbacks: MessageCallbacks
  webhook_endpoints: WebhookEndpoints
  webhook_deliveries: WebhookDeliveries
  webhook_secrets: WebhookSecrets
  operators: OperatorRows
  operators_revision: OperatorsRevision
  operator_quotas: OperatorQuotas
  operator_health: OperatorHealthRows
  receipt_polls: ReceiptPolls
  process_states: ProcessStates
  admin_sessions: AdminSessions
  admin_actions: AdminActions
  exports: Exports
  report_minutes: ReportRows
  report_quarters: ReportRows
  report_days: ReportRows
  report_positions: ReportPositions
  report_changes: ReportChanges
  holds: Holds
}

export type SmsState = 'pending' | 'sending' | 'done' | 'failed' | 'cancelled'
export type DeliveryStatus = 'delivered' | 'undelivered'
export type WaitingState = 'waiting' | 'orphan'
/**
 * What a receipt was to its recipient.
 * - applied: it set the delivery status of the message, or of the part that it is about.
 * - repeated, contradicting: an earlier one set it, to the same or to the other.
 * - intermediate: it says nothing final.
 * - refunded: the message had failed or was cancelled. No money moves.
 * - other_operator: another operator than the one that the message shows could not deliver it.
 */
export type ReceiptState =
  'applied' | 'repeated' | 'contradicting' | 'intermediate' | 'refunded' | 'other_operator'
/**
 * What a recipient counts as in reports. open: unfinished. sent: an operator took it, and no receipt has said whether it
 * was delivered.
 */
export type ReportResult = 'open' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'cancelled'
/** refund, release and compensation give back the price of a recipient, once in all. */
export type TransactionType = 'topup' | 'charge' | 'refund' | 'release' | 'compensation'
/** How a guarantee was missed: handed over after it, or failed after it. */
export type MissCause = 'late' | 'unsent'
export type AttemptResult = 'accepted' | 'rejected' | 'unavailable' | 'refused' | 'unknown' | 'asked'

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
  sending_tat: Optional<number>
  spend_day: Optional<number>
  spent_of_day: Optional<number>
  spent_of_month: Optional<number>
  last_updated: Date
  /** Bits: see the slice events. */
  event_sinks: Optional<number>
  low_balance: Optional<number | null>
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
  is_test: Flag
  on_unknown: Optional<OnUnknown | null>
  /** Of a sampled trace. */
  traceparent: Optional<string | null>
  /** By its customer's sending rate or window. */
  delayed_until: Optional<Date | null>
  guaranteed_by: Optional<Date | null>
  hedge: Flag
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
  tariff_id: Optional<number>
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
  /** The number as it was written, where that differs from recipient. */
  given_to: Optional<string | null>
  /** Bits: see the slice events. */
  makes_events: Optional<number>
  /** Beside what its state gave back. */
  returned: Optional<number>
  charging: Optional<Charging>
  /** What its operator charges, in the smallest unit; null where that is not known. */
  cost: Optional<number | null>
}

export interface MessageReferences {
  sms_identifier: Buffer
  user_id: number
  /** UTF-8. */
  client_reference: Buffer
}

export interface MessageTags {
  user_id: number
  sms_identifier: Buffer
  /** JSON text: an array of words. */
  tags: string
}

export interface OperatorMessages {
  sms_identifier: Buffer
  recipient_no: number
  provider: string
  provider_message_id: string
  /** In lower case, without leading zeros. */
  match_key: GeneratedAlways<string | null>
  created_at: Date
}

export interface OperatorMessageParts {
  sms_identifier: Buffer
  recipient_no: number
  provider: string
  part_no: number
  provider_message_id: string
  match_key: GeneratedAlways<string | null>
  delivery_status: Optional<DeliveryStatus | null>
  created_at: Date
}

export interface PartReferences {
  sms_identifier: Buffer
  recipient_no: number
  recipient: string
  reference: number
  created_at: Date
}

export interface PartReferenceCounters {
  recipient: string
  last_reference: number
  used_at: Date
}

export interface WaitingReceipts {
  id: Buffer
  state: WaitingState
  due_at: Date
  operator: string
  protocol: string
  raw: Buffer
  reason: Optional<string | null>
  wait_key: Optional<string | null>
  received_at: Date
}

export interface Receipts {
  sms_identifier: Buffer
  recipient_no: number
  id: Buffer
  operator: string
  state: ReceiptState
  verdict: Optional<DeliveryStatus | null>
  part_no: Optional<number | null>
  code: Optional<string | null>
  cause: Optional<string | null>
  raw: Buffer
  done_at: Optional<Date | null>
  received_at: Date
}

export interface DeliveryAttempts {
  sms_identifier: Buffer
  recipient_no: number
  /** The round, and the submission within it. */
  attempt: number
  call_no: number
  provider: string
  result: AttemptResult
  reason: string
  /** Why this operator may get the message. */
  route_reason: Optional<string>
  started_at: Date
  duration_ms: number
  is_hedge: Flag
}

export interface DeadlineMisses {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  cause: MissCause
  guaranteed_by: Date
  ended_at: Date
  due_at: Optional<Date | null>
  compensated_at: Optional<Date | null>
  compensation: Optional<number>
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

export type RemovedKind = 'messages' | 'ledger'
export type RemovalState = 'checking' | 'sealed' | 'closing' | 'dropped'

export interface RemovedWeeks {
  kind: RemovedKind
  below: Buffer
  state: RemovalState
  /** JSON text: a cursor of the audit; or an identifier in hex. */
  position: Optional<string | null>
  entries: Optional<number>
  topups: Optional<number>
  charges: Optional<number>
  refunds: Optional<number>
  /** SHA-256. */
  manifest: Optional<Buffer | null>
  blocked_by: Optional<string | null>
  changed_at: Date
}

export interface RemovedLedger {
  user_id: number
  below: Buffer
  entries: number
  topups: number
  charges: number
  refunds: number
  chain_a: number
  chain_b: number
}

export interface RetentionPosition {
  id: number
  owner: Optional<Buffer | null>
  lease_until: Optional<Date | null>
  texts_until: Optional<Buffer | null>
  texts_left_until: Optional<Buffer | null>
}

export interface Customers {
  user_id: number
  public_id: Buffer
  name: string
  tier: Tier
  parts_per_minute: Optional<number | null>
  parts_burst: Optional<number | null>
  requests_per_second: Optional<number | null>
  /** Senders separated by commas; NULL for any. */
  allowed_senders: Optional<string | null>
  spend_per_day: Optional<number | null>
  spend_per_month: Optional<number | null>
  on_unknown: Optional<OnUnknown | null>
  normal_weight: Optional<number>
  sending_parts_per_second: Optional<number | null>
  /** Minutes since midnight. */
  window_from: Optional<number | null>
  window_to: Optional<number | null>
  window_zone: Optional<string | null>
  window_express: Flag
  guaranteed_within_ms: Optional<number | null>
  hedge: Flag
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

export interface Tariffs {
  id: Generated<number>
  user_id: number | null
  type: MessageClass | null
  destination_prefix: string
  valid_from: Date
  valid_until: Date | null
  per: 'message' | 'part'
  price: number
  created_at: Date
  refund_missed: Flag
  charging: Optional<Charging>
  receipt_wait_seconds: Optional<number | null>
}

export interface TariffsRevision {
  id: number
  revision: number
}

export interface OperatorRows {
  name: string
  place: number
  protocol: string
  classes: string
  throughput: number | null
  configured_at: Date
  state: 'active' | 'paused' | 'drained'
  weight: Optional<number>
  reason: Optional<string | null>
  changed_by: Optional<string | null>
  changed_at: Optional<Date | null>
}

export interface OperatorsRevision {
  id: number
  revision: number
}

export interface OperatorQuotas {
  name: string
  leased_until_us: number
}

/** How operators did in a slot of two seconds; see the slice operators. */
export interface OperatorHealthRows {
  slot: number
  prefix: string
  operator: string
  accepted: number
  failed: number
  latency_ms: number
  express_accepted: number
  express_failed: number
  express_latency_ms: number
  delivered: number
  undelivered: number
}

export interface ReceiptPolls {
  sms_identifier: Buffer
  recipient_no: number
  operator: string
  recipient: string
  every_ms: number
  asked: Optional<number>
  next_at: Date
  ends_at: Date
}

export interface Bulks {
  bulk_id: Buffer
  user_id: number
  is_test: ColumnType<number, boolean, boolean>
  messages: number
  accepted: number
  refused: number
  cost: number
  created_at: Date
  cancelled_at: Optional<Date | null>
}

export interface BulkMessages {
  bulk_id: Buffer
  message_index: number
  sms_identifier: Buffer
}

export interface MessageCallbacks {
  sms_identifier: Buffer
  url: string
}

export interface EventQueue {
  user_id: number
  sms_identifier: Buffer
  recipient_no: number
  version: number
  type: string
  makes_events: number
  threshold: number | null
  occurred_at: Date
}

export interface EventSequences {
  user_id: number
  last_seq: number
}

export interface EventLog extends EventQueue {
  seq: number
  sequenced_at: Date
}

export interface WebhookEndpoints {
  id: Buffer
  user_id: number
  kind: 'endpoint' | 'callback'
  url: string | null
  /** Words separated by commas; NULL for all. */
  event_types: string | null
  include_text: Flag
  secret: string | null
  previous_secret: Optional<string | null>
  previous_until: Optional<Date | null>
  status: Optional<'active' | 'disabled'>
  disabled_reason: Optional<string | null>
  position: number
  failures: Optional<number>
  failing_since: Optional<Date | null>
  paused_until: Optional<Date | null>
  is_slow: Flag
  due_at: Optional<Date | null>
  owner: Optional<Buffer | null>
  created_at: Date
  updated_at: Date
}

export interface WebhookDeliveries {
  endpoint_id: Buffer
  id: Buffer
  user_id: number
  seq: number | null
  event_id: string
  event_type: string
  url: string | null
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  next_attempt_at: Date | null
  last_attempt_at: Optional<Date | null>
  last_status: Optional<number | null>
  last_error: Optional<string | null>
  last_answer: Optional<string | null>
  last_duration_ms: Optional<number | null>
  created_at: Date
}

export interface WebhookSecrets {
  user_id: number
  secret: string
  previous_secret: string | null
  previous_until: Date | null
}

export interface ProcessStates {
  id: Buffer
  /** Words separated by commas. */
  roles: string
  version: string
  started_at: Date
  reported_at: Date
  /** JSON text: an object. */
  state: string
}

export interface AdminSessions {
  id: Buffer
  actor: string
  created_at: Date
  expires_at: Date
}

export type ActionState = 'requested' | 'running' | 'done' | 'failed'

export interface AdminActions {
  id: Buffer
  kind: string
  /** JSON text: an object. */
  input: string
  actor: string
  reason: string
  state: ActionState
  lease_until: Optional<Date | null>
  /** JSON text: an object. */
  result: Optional<string | null>
  created_at: Date
  ended_at: Optional<Date | null>
}

export type ExportState = 'queued' | 'running' | 'done' | 'failed' | 'expired'

export interface Exports {
  id: Buffer
  user_id: number
  what: 'messages' | 'ledger'
  format: 'csv' | 'ndjson' | 'parquet'
  from_at: Date
  until_at: Date
  /** JSON text: an object. */
  filters: string
  secret: Buffer
  state: ExportState
  reason: Optional<string | null>
  due_at: Date
  owner: Optional<Buffer | null>
  failures: Optional<number>
  file: Optional<string | null>
  position: Optional<string | null>
  reached_at: Optional<Date | null>
  row_count: Optional<number>
  byte_count: Optional<number>
  total: Optional<number>
  sha256: Optional<Buffer | null>
  created_at: Date
  started_at: Optional<Date | null>
  ended_at: Optional<Date | null>
}

/** Of report_minutes, report_quarters and report_days. */
export interface ReportRows {
  /** 0: the sum of all customers. */
  user_id: number
  started_at: Date
  type: MessageClass
  /** Empty where none took them. */
  operator: string
  /** Two capitals of ISO 3166-1; ZZ where unknown. */
  country: string
  result: ReportResult
  /** Recipients. */
  messages: number
  parts: number
  /** In the smallest unit, as refunded. */
  charged: number
  refunded: number
  handovers: number
  handover_ms: number
  deliveries: number
  delivery_ms: number
  /** See the slice reports. */
  handover_sketch: Optional<Buffer | null>
  delivery_sketch: Optional<Buffer | null>
  /** What operators charge, and of how many of the recipients that is known. */
  cost: Optional<number>
  costed: Optional<number>
}

export interface ReportPositions {
  id: number
  folded_until: Buffer
}

export interface Holds {
  sms_identifier: Buffer
  recipient_no: number
  user_id: number
  price: number
  receipt_wait_seconds: Optional<number | null>
  release_at: Optional<Date | null>
}

export interface ReportChanges {
  sms_identifier: Buffer
  recipient_no: number
  was: 'open' | 'sent' | 'paid'
  /** returned: its price went back, and it keeps its state. */
  became: Exclude<ReportResult, 'open'> | 'returned'
}
