// Generated from docs/openapi.json by `npm run client:types`.

/** Every code that a call may be refused with: docs/errors.md explains each. */
export type ProblemCode =
  | 'access_unavailable'
  | 'account_locked'
  | 'address_not_allowed'
  | 'backlog'
  | 'body_too_large'
  | 'bulk_incomplete'
  | 'bulk_not_found'
  | 'callback_secret_required'
  | 'customer_key_required'
  | 'database_busy'
  | 'database_unavailable'
  | 'delayed_too_far'
  | 'expectation_failed'
  | 'export_not_found'
  | 'exports_not_served'
  | 'exports_overloaded'
  | 'headers_too_large'
  | 'idempotency_key_reused'
  | 'insufficient_balance'
  | 'internal_error'
  | 'invalid_cursor'
  | 'invalid_key'
  | 'invalid_request'
  | 'key_not_found'
  | 'key_required'
  | 'live_key_required'
  | 'malformed_body'
  | 'malformed_idempotency_key'
  | 'malformed_request'
  | 'message_not_found'
  | 'missing_scope'
  | 'not_acceptable'
  | 'not_cancellable'
  | 'outcome_unknown'
  | 'overloaded'
  | 'price_exceeded'
  | 'rate_limit'
  | 'report_not_kept'
  | 'report_too_large'
  | 'request_timeout'
  | 'sender_not_allowed'
  | 'spend_limit'
  | 'test_keys_not_served'
  | 'too_many_exports'
  | 'too_many_headers'
  | 'too_many_keys'
  | 'too_many_points'
  | 'too_many_requests'
  | 'too_many_webhooks'
  | 'too_many_wrong_keys'
  | 'unavailable'
  | 'unknown_host'
  | 'unsupported_media_type'
  | 'webhook_not_found'

export interface SendAnswer {
  /** Identifies the message in the history */
  sms_identifier: string
  status: 'processing'
  /** Number of recipients, after removing equal ones */
  recipients: number
  /** What was charged for all recipients, in the smallest currency unit */
  cost: number
}

export interface Problem {
  /** URI identifying the problem type */
  type: string
  /** The problem type in words, always the same for one `code` */
  title: string
  /** The HTTP status */
  status: number
  /** What went wrong, in a sentence */
  detail: string
  /** URI identifying this occurrence */
  instance: string
  /** Stable identifier of the problem type, for programs */
  code: string
  /** Same as the header `X-Request-Id`, and as logged */
  request_id: string
  /** Every wrong field, at most 20 */
  errors?: {
    /** As you wrote it, such as `recipients[3]` */
    field: string
    /** What is wrong with it */
    message: string
  }[]
  /** How many more fields are wrong than `errors` lists */
  errors_omitted?: number
}

export interface InsufficientBalance extends Problem {
  /** What the message costs, in the smallest currency unit */
  cost: number
  /** The customer's balance, in the smallest currency unit */
  balance: number
  /** The cost less the balance, in the smallest currency unit */
  shortfall: number
}

export interface SpendLimit extends Problem {
  /** The day or the month of UTC */
  period: 'day' | 'month'
  /** The most that may be charged in the period, in the smallest currency unit */
  limit: number
  /** What was charged in the period so far; refunds do not lower it, in the smallest currency unit */
  spent: number
  /** When the next period begins, in UTC */
  resets_at: string
}

export interface RateLimit extends Problem {
  /** With `rate_limit`: message parts of the request */
  parts?: number
  /** The limit: parts a minute */
  per_minute?: number
  /** Parts at once */
  burst?: number
  /** As `Retry-After`: when the same request is within the limit */
  retry_after_seconds?: number
}

export interface Backlog extends Problem {
  /** How long the oldest normal message has waited */
  backlog_age_seconds: number
  /** As `Retry-After` */
  retry_after_seconds: number
}

export interface SendUnavailable extends Problem {
  /** With `outcome_unknown`: the message to look up in the history */
  sms_identifier?: string
}

export interface MessageAnswer {
  /** Identifies the message */
  message_id: string
  /** `SCHEDULED`: it waits for its `send_at`, or until `delayed_until` */
  status: 'QUEUED' | 'SCHEDULED'
  /** When the last of it leaves by the customer's sending window or rate; absent where neither delays it */
  delayed_until?: string
  /** Number of recipients, after removing equal ones */
  recipients: number
  /** Parts of the text, for one recipient */
  parts: number
  encoding: 'gsm7' | 'ucs2'
  /** What was charged for all recipients, in the smallest currency unit */
  cost: number
}

export interface PriceExceeded extends Problem {
  /** What the message costs, in the smallest currency unit */
  cost: number
  /** The most that the request allowed, in the smallest currency unit */
  max_price: number
}

export interface MessagesAnswer {
  messages: Message[]
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
  /** Older ones were removed, in UTC; left out while none were */
  history_begins_at?: string
}

export interface BulkAnswer {
  /** Identifies the bulk; null when no message was accepted, and nothing is kept */
  bulk_id: string | null
  /** Messages that were accepted */
  accepted: number
  /** The others */
  refused: number
  /** What was charged for all messages, in the smallest currency unit */
  cost: number
  /** Of each message, in the order of the request */
  results: BulkResult[]
}

export interface InsufficientForBulk extends Problem {
  /** What all messages cost, in the smallest currency unit */
  cost: number
  /** The customer's balance, in the smallest currency unit */
  balance: number
  /** The cost less the balance, in the smallest currency unit */
  shortfall: number
}

export interface Bulk {
  id: string
  /** A test key sent it: it cost nothing, and only the test operator got it */
  test?: true
  /** Messages of the request */
  messages: number
  /** Messages that were accepted */
  accepted: number
  /** Messages that were refused; the rest is not decided */
  refused: number
  /** What was charged for all messages; refunds do not lower it, in the smallest currency unit */
  cost: number
  /** Accepted messages by status */
  counts: {
    QUEUED: number
    SCHEDULED: number
    SENDING: number
    SENT: number
    DELIVERED: number
    FAILED_TEMP: number
    FAILED_PERM: number
    CANCELLED: number
  }
  /** When its first message was accepted, in UTC */
  created_at: string
}

export interface BulkCancelAnswer {
  id: string
  /** Messages of which a recipient is cancelled */
  cancelled: number
  /** Recipients that are cancelled */
  recipients: number
  /** What came back for them in all, in the smallest currency unit */
  refunded: number
}

export interface QuoteAnswer {
  /** Number of recipients, after removing equal ones */
  recipients: number
  parts: number
  encoding: 'gsm7' | 'ucs2'
  /** What all recipients cost, in the smallest currency unit */
  cost: number
  /** The balance less the cost; below 0, the message would be refused, in the smallest currency unit */
  balance_after: number
  /** The text of each part, as it would be sent */
  segments: string[]
  /** The first 20 characters that GSM 7 bit does not have */
  ucs2_because: {
    character: string
    code_point: string
    /** Code points of the text before it */
    position: number
  }[]
  /** Of each recipient; only where they differ */
  prices?: {
    to: string
    /** What this recipient costs, in the smallest currency unit */
    price: number
  }[]
}

export interface Message {
  id: string
  /** `QUEUED` and `SCHEDULED`: waits to be sent. `SENDING`: an operator is being called. `SENT`: an operator accepted it. `DELIVERED`: the operator said so. `FAILED_TEMP`: waits for another attempt. `FAILED_PERM`: no operator accepted it, or it was not delivered; see `error`. `CANCELLED`: withdrawn before it was sent; refunded. With several recipients: `SENDING` while they differ and some are not finished, then `SENT` if one was sent. */
  status:
    'QUEUED' | 'SCHEDULED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'FAILED_TEMP' | 'FAILED_PERM' | 'CANCELLED'
  /** The number, or the list of several; null when there are more than 100: read them from `/recipients` */
  to: string | string[] | null
  /** The number as it was written, where that differs from `to`; with several, a list that has null for the others. Null when none differs, and when `to` is null */
  to_given: string | (string | null)[] | null
  /** The sender; null for the operator's default */
  from: string | null
  /** Your own name for it */
  client_reference: string | null
  tags: string[]
  text: string
  type: 'normal' | 'express'
  /** A test key sent it: it cost nothing, and only the test operator got it */
  test?: true
  /** Number of recipients */
  recipients: number
  /** Recipients by status; only with several */
  counts?: {
    QUEUED: number
    SCHEDULED: number
    SENDING: number
    SENT: number
    DELIVERED: number
    FAILED_TEMP: number
    FAILED_PERM: number
    CANCELLED: number
  }
  /** Parts of the text */
  parts: number
  /** What was charged for all recipients; refunds do not lower it, in the smallest currency unit */
  cost_cents: number
  /** When the price is captured, by the tariff at acceptance; until then it is held */
  charging: 'acceptance' | 'hand_over' | 'delivery' | null
  /** `charged`: paid at acceptance. `held`: charged, and not captured yet. `captured`: paid at the hand-over or the delivery. `refunded`: it went back. `released`: it went back, with `charging` other than `acceptance`; null where recipients differ */
  money: 'charged' | 'held' | 'captured' | 'refunded' | 'released' | null
  /** What of it is held, in the smallest currency unit */
  held_cents: number
  /** What of it went back, in the smallest currency unit */
  returned_cents: number
  /** Attempts; of several recipients, the most that one has */
  attempts: number
  /** The operator that accepted or rejected it; null until then, and with several recipients */
  provider: string | null
  /** Why it failed, or with `FAILED_TEMP` why its last attempt did; otherwise null, and with several recipients */
  error: {
    /** `rejected`: an operator will never take it. `not_accepted`: no operator took it in time. `possibly_sent`: the same, but one may have taken it. `expired`: its time was over before an operator took it. `undelivered`: an operator took it and could not deliver it. `no_route`: no operator is configured for it. `no_test_operator`: a test key sent it, and there is no test operator. */
    code:
      | 'rejected'
      | 'not_accepted'
      | 'possibly_sent'
      | 'expired'
      | 'undelivered'
      | 'no_route'
      | 'no_test_operator'
    /** The reason in words */
    detail: string
  } | null
  /** It was handed over again although an operator may have had it, under the same reference: the handset may get it twice */
  possible_duplicate?: true
  /** Whether it is sent again while it is not known whether an operator took it; null where its class and operators decide */
  on_unknown: 'retry' | 'hold' | null
  /** When it is to be sent, in UTC */
  send_at: string | null
  /** When it is not sent any more; null if it had no `expires_in_seconds`: then the class decides, in UTC */
  expires_at: string | null
  /** By when it is guaranteed to be handed over to an operator; null without a guarantee, in UTC */
  guaranteed_by: string | null
  /** When it was accepted, in UTC */
  created_at: string
  /** When the status of a recipient last changed, in UTC */
  updated_at: string
}

export interface CancelAnswer {
  id: string
  /** Of the message: `CANCELLED` unless some recipients were not cancelled */
  status:
    'QUEUED' | 'SCHEDULED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'FAILED_TEMP' | 'FAILED_PERM' | 'CANCELLED'
  /** Recipients that are cancelled */
  cancelled: number
  /** What came back for them in all, in the smallest currency unit */
  refunded: number
}

export interface RecipientsAnswer {
  recipients: MessageRecipient[]
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
}

export interface AttemptsAnswer {
  attempts: MessageAttempt[]
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
}

export interface TransactionsAnswer {
  transactions: LedgerItem[]
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
  /** Older ones were removed, in UTC; left out while none were */
  history_begins_at?: string
  /** What the removed transactions came to; left out while none were, in the smallest currency unit */
  brought_forward?: number
}

export interface MeAnswer {
  /** The customer */
  id: string
  /** The customer's number in the routes without `/v1` */
  user_id: number
  name: string
  /** What the customer can spend, in the smallest currency unit */
  credit_cents: number
  /** What is held for messages whose tariffs capture the price at the hand-over or the delivery; not a part of `credit_cents`, in the smallest currency unit */
  held_cents: number
  /** At least this much is held: only the first 100,000 prices were added up */
  held_is_at_least?: true
  /** ISO 4217 code */
  currency: string
  tier: 'free' | 'basic' | 'premium'
  limits: OwnLimits
  sending: OwnSending
  express: OwnExpress
  key: OwnKey
}

export interface KeysAnswer {
  keys: Key[]
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
}

export interface NewKey {
  /** Identifies the key; it is not the key */
  id: string
  /** What it is for */
  name: string
  /** How the key begins and ends */
  hint: string
  mode: 'live' | 'test'
  scopes: ('send' | 'read' | 'manage')[]
  /** When it stops to be valid, in UTC */
  expires_at: string | null
  /** Addresses and ranges that may use it; null for any */
  allowed_sources: string[] | null
  /** When it was created, in UTC */
  created_at: string
  /** When it was revoked, in UTC */
  revoked_at: string | null
  /** When it was used last, to about a minute, in UTC */
  last_used_at: string | null
  /** The key itself. Keep it: it is shown only here */
  key: string
}

export interface RevokedAnswer {
  id: string
  status: 'revoked'
}

export interface MessageTimeline {
  id: string
  type: 'normal' | 'express'
  /** A test key sent it */
  test?: true
  /** Number of recipients */
  recipients: number
  /** When it is to be sent, in UTC */
  send_at: string | null
  /** When it expires, if the message says so, in UTC */
  expires_at: string | null
  /** By when it is guaranteed to be handed over; null without a guarantee, in UTC */
  guaranteed_by: string | null
  /** When it was accepted, in UTC */
  created_at: string
  /** Too much happened to be on one page, and some steps are left out: ask for fewer recipients */
  incomplete?: true
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
  /** What concerns all recipients, in the order of time */
  steps: TimelineStep[]
  timelines: RecipientTimeline[]
}

export interface QueueAnswer {
  normal: ClassQueue
  express: ClassQueue
}

export interface EventsAnswer {
  events: Event[]
  /** Pass it as `after` next: the last number here, or your own where there is no event yet */
  next_after: number
  /** More events are there already */
  has_more: boolean
}

export interface EventSettings {
  /** Events are kept for `GET /v1/events`, also without an endpoint */
  feed: boolean
  /** Below it a charge makes the event `balance.low`; null for none, in the smallest currency unit */
  low_balance_cents: number | null
  /** A secret signs what goes to the `callback_url` of messages */
  has_callback_secret: boolean
}

export interface WebhooksAnswer {
  /** At most 10 */
  webhooks: WebhookEndpoint[]
}

export interface NewWebhookEndpoint {
  id: string
  url: string
  events:
    | (
        | 'message.sent'
        | 'message.delivered'
        | 'message.undelivered'
        | 'message.failed'
        | 'message.cancelled'
        | 'balance.low'
      )[]
    | null
  include_text: boolean
  status: 'active' | 'disabled'
  /** `gone`: it answered 410. `failing`: it failed for days. A test that succeeds resumes it */
  disabled_reason: string | null
  /** The `sequence` of the last event that was sent to it at least once */
  position: number
  /** Failures in a row */
  failures: number
  /** Since when it fails, in UTC */
  failing_since: string | null
  /** When it was created, in UTC */
  created_at: string
  /** When it was changed last, in UTC */
  updated_at: string
  /** What signs the events. Keep it: it is shown only here */
  secret: string
}

export interface WebhookSecret {
  /** What signs the events. Keep it: it is shown only here */
  secret: string
  /** Until when the secret before signs too, for 24 hours, in UTC */
  previous_valid_until: string | null
}

export interface WebhookEndpoint {
  id: string
  url: string
  events:
    | (
        | 'message.sent'
        | 'message.delivered'
        | 'message.undelivered'
        | 'message.failed'
        | 'message.cancelled'
        | 'balance.low'
      )[]
    | null
  include_text: boolean
  status: 'active' | 'disabled'
  /** `gone`: it answered 410. `failing`: it failed for days. A test that succeeds resumes it */
  disabled_reason: string | null
  /** The `sequence` of the last event that was sent to it at least once */
  position: number
  /** Failures in a row */
  failures: number
  /** Since when it fails, in UTC */
  failing_since: string | null
  /** When it was created, in UTC */
  created_at: string
  /** When it was changed last, in UTC */
  updated_at: string
}

export interface WebhookDeletedAnswer {
  id: string
  status: 'deleted'
}

export interface WebhookTestAnswer {
  /** Its answer is in the deliveries of the endpoint */
  delivery_id: string
}

export interface WebhookDeliveriesAnswer {
  deliveries: WebhookDelivery[]
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
}

export interface ExportsAnswer {
  exports: Export[]
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
}

export interface Export {
  id: string
  what: 'messages' | 'ledger'
  format: 'csv' | 'ndjson' | 'parquet'
  /** From when, in UTC */
  from: string
  /** Before when, in UTC */
  to: string
  filters: {
    /** Messages of this class */
    type?: 'express' | 'normal'
    /** Recipients that have this status when they are read */
    status?:
      'QUEUED' | 'SCHEDULED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'FAILED_TEMP' | 'FAILED_PERM' | 'CANCELLED'
    /** Messages to this number, in any writing */
    recipient?: string
    /** Recipients whose number belongs to this country */
    country?: string
    /** Recipients that this operator accepted or rejected */
    operator?: string
    /** Of the ledger, transactions of this type */
    transaction_type?: 'topup' | 'charge' | 'refund' | 'release' | 'compensation'
  }
  /** A file is offered when it is complete: `done`. Of an `expired` one it was removed */
  state: 'queued' | 'running' | 'done' | 'failed' | 'expired'
  /** Why it failed: `too_many_rows`, `too_many_bytes`, `disk_full`, `parquet_missing`, or `gave_up` after repeated failures */
  reason: string | null
  /** Of the time range that was read, from 0 to 1 */
  progress: number
  /** Written so far */
  rows: number
  /** Written so far; of the file when it is done */
  bytes: number
  /** The sum over its rows: `amount_cents`, or `cost_cents` less `refunded_cents`, in the smallest currency unit */
  total_cents: number
  /** Of the file, in hex */
  sha256: string | null
  /** The line that `sha256sum --check` reads */
  checksum: string | null
  /** The file's address on this server, for 15 minutes and without a key */
  download_url: string | null
  /** Until when `download_url` holds, in UTC */
  download_expires_at: string | null
  /** When it was asked for, in UTC */
  created_at: string
  /** When its first row was read, in UTC */
  started_at: string | null
  /** When it ended, in UTC */
  ended_at: string | null
  /** When its file will be removed, in UTC */
  expires_at: string | null
}

export interface DeletedExport {
  id: string
  status: 'deleted'
}

export interface MessagesReport {
  /** Where the range begins, widened to a whole period, by the clocks of `time_zone` */
  from: string
  /** Where it ends, not included, likewise, by the clocks of `time_zone` */
  to: string
  granularity: 'minute' | 'hour' | 'day'
  time_zone: string
  /** Every message of the range that was accepted before is counted, in UTC */
  complete_to: string
  /** Messages of the range that are open or sent: receipts, results and cancellations may still change their figures */
  unsettled: number
  group_by: ('type' | 'operator' | 'country' | 'status')[]
  rows: MessagesReportRow[]
}

export interface SpendReport {
  /** Where the range begins, widened to a whole period, by the clocks of `time_zone` */
  from: string
  /** Where it ends, not included, likewise, by the clocks of `time_zone` */
  to: string
  granularity: 'minute' | 'hour' | 'day'
  time_zone: string
  /** Every message of the range that was accepted before is counted, in UTC */
  complete_to: string
  /** Messages of the range that are open or sent: receipts, results and cancellations may still change their figures */
  unsettled: number
  group_by: ('type' | 'operator' | 'country' | 'status')[]
  /** ISO 4217 code */
  currency: string
  rows: SpendReportRow[]
}

export interface DeliveryReport {
  /** Where the range begins, widened to a whole period, by the clocks of `time_zone` */
  from: string
  /** Where it ends, not included, likewise, by the clocks of `time_zone` */
  to: string
  granularity: 'minute' | 'hour' | 'day'
  time_zone: string
  /** Every message of the range that was accepted before is counted, in UTC */
  complete_to: string
  /** Messages of the range that are open or sent: receipts, results and cancellations may still change their figures */
  unsettled: number
  group_by: ('type' | 'operator' | 'country' | 'status')[]
  rows: DeliveryReportRow[]
}

export interface TopReport {
  /** Where the range begins, widened to a whole period, by the clocks of `time_zone` */
  from: string
  /** Where it ends, not included, likewise, by the clocks of `time_zone` */
  to: string
  granularity: 'minute' | 'hour' | 'day'
  time_zone: string
  /** Every message of the range that was accepted before is counted, in UTC */
  complete_to: string
  /** Messages of the range that are open or sent: receipts, results and cancellations may still change their figures */
  unsettled: number
  by: 'operator' | 'country'
  /** ISO 4217 code */
  currency: string
  rows: TopReportRow[]
}

export interface DeadlinesAnswer {
  misses: DeadlineMiss[]
  counts: DeadlineCounts
  overdue: DeadlinesOverdue
  /** Pass it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
}

export interface BulkResult {
  /** Place of the message in the request, from 0 */
  index: number
  /** Identifies the message; it was accepted, unless `code` is `outcome_unknown` */
  message_id?: string
  /** Why it was not accepted: the code that the message alone would get, or `cancelled`: the bulk was cancelled first */
  code?: string
  /** The reason in words */
  detail?: string
}

export interface MessageRecipient {
  to: string
  /** As it was written; null when that is the same */
  to_given: string | null
  /** `QUEUED` and `SCHEDULED`: waits to be sent. `SENDING`: an operator is being called. `SENT`: an operator accepted it. `DELIVERED`: the operator said so. `FAILED_TEMP`: waits for another attempt. `FAILED_PERM`: no operator accepted it, or it was not delivered; see `error`. `CANCELLED`: withdrawn before it was sent; refunded. With several recipients: `SENDING` while they differ and some are not finished, then `SENT` if one was sent. */
  status:
    'QUEUED' | 'SCHEDULED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'FAILED_TEMP' | 'FAILED_PERM' | 'CANCELLED'
  /** Parts of the text */
  parts: number
  /** What was charged; a refund does not lower it, in the smallest currency unit */
  cost_cents: number
  /** When the price is captured, by the tariff at acceptance; until then it is held */
  charging: 'acceptance' | 'hand_over' | 'delivery'
  /** `charged`: paid at acceptance. `held`: charged, and not captured yet. `captured`: paid at the hand-over or the delivery. `refunded`: it went back. `released`: it went back, with `charging` other than `acceptance` */
  money: 'charged' | 'held' | 'captured' | 'refunded' | 'released'
  /** What of it went back, in the smallest currency unit */
  returned_cents: number
  attempts: number
  /** The operator that accepted or rejected it; null until then */
  provider: string | null
  /** Why it failed, or with `FAILED_TEMP` why its last attempt did; otherwise null */
  error: {
    /** `rejected`: an operator will never take it. `not_accepted`: no operator took it in time. `possibly_sent`: the same, but one may have taken it. `expired`: its time was over before an operator took it. `undelivered`: an operator took it and could not deliver it. `no_route`: no operator is configured for it. `no_test_operator`: a test key sent it, and there is no test operator. */
    code:
      | 'rejected'
      | 'not_accepted'
      | 'possibly_sent'
      | 'expired'
      | 'undelivered'
      | 'no_route'
      | 'no_test_operator'
    /** The reason in words */
    detail: string
  } | null
  /** It was handed over again although an operator may have had it, under the same reference: the handset may get it twice */
  possible_duplicate?: true
  /** When its status last changed, in UTC */
  updated_at: string
}

export interface MessageAttempt {
  to: string
  /** Counts from 1. Several operators that were called in turn share a number */
  attempt: number
  /** The operator that was called; empty where a process ended without storing what it did: any operator may have been */
  provider: string
  /** `accepted`: the operator took it. `rejected`: it will never take it. `unavailable`: it did not take it. `refused`: it refused the call as a whole. `unknown`: no answer, it may have taken it. `asked`: it was asked whether it has it, and did not know. */
  result: 'accepted' | 'rejected' | 'unavailable' | 'refused' | 'unknown' | 'asked'
  /** The reason in words; empty when it was accepted */
  detail: string
  /** Why this operator: the route that the message took */
  route: string
  /** When the operator was called, in UTC */
  started_at: string
  /** Until the answer, in milliseconds */
  duration_ms: number
  /** Made on purpose while another operator had not answered; left out for all others */
  hedge?: true
}

export interface LedgerItem {
  /** A charge's is the message's `sms_identifier`; what goes back for a recipient ends with the recipient's number */
  transaction_id: string
  /** Signed; all amounts of a customer, and what is brought forward, sum to its balance, in the smallest currency unit */
  amount: number
  /** `refund`: of a failed or cancelled recipient whose price was captured at acceptance. `release`: of any other recipient whose price goes back. `compensation`: for a missed guarantee. A recipient has at most one of them */
  transaction_type: 'topup' | 'charge' | 'refund' | 'release' | 'compensation'
  /** In words; may be empty */
  description: string
  /** When it was booked, in UTC */
  created_at: string
}

export interface OwnLimits {
  /** Of message parts; null for no limit */
  parts: {
    per_minute: number
    /** The most at once */
    burst: number
    /** Parts that can be sent now */
    remaining: number
  } | null
  /** Of requests, reads included, in each process that serves them */
  requests: {
    per_second: number
    /** The most at once */
    burst: number
  }
  /** Of spending; null for no limit */
  spend: {
    /** In the smallest currency unit; null for no limit */
    per_day: number | null
    /** In the smallest currency unit; null for no limit */
    per_month: number | null
    /** Charged in this day of UTC under a limit, in the smallest currency unit */
    spent_of_day: number
    /** Charged in this month of UTC under a limit, in the smallest currency unit */
    spent_of_month: number
  } | null
}

/** How its messages leave */
export interface OwnSending {
  /** Its share of a backlog of normal messages, to others */
  normal_weight: number
  /** Rate at which its normal parts leave at most; null for no such bound */
  sending_parts_per_second: number | null
  /** Messages that are accepted outside leave at the next opening, and their validity counts from then; null for no window */
  sending_window: {
    from: string
    to: string
    time_zone: string
    express: boolean
  } | null
}

/** What its express messages are promised */
export interface OwnExpress {
  /** Of express messages that do not say it; null where the general one applies */
  guaranteed_within_ms: number | null
  /** Whether express messages may go to two operators */
  hedge: boolean
}

export interface OwnKey {
  /** Identifies the key; it is not the key */
  id: string
  /** What it is for */
  name: string
  /** How the key begins and ends */
  hint: string
  mode: 'live' | 'test'
  scopes: ('send' | 'read' | 'manage')[]
  /** When it stops to be valid, in UTC */
  expires_at: string | null
  /** Addresses and ranges that may use it; null for any */
  allowed_sources: string[] | null
}

export interface Key {
  /** Identifies the key; it is not the key */
  id: string
  /** What it is for */
  name: string
  /** How the key begins and ends */
  hint: string
  mode: 'live' | 'test'
  scopes: ('send' | 'read' | 'manage')[]
  /** When it stops to be valid, in UTC */
  expires_at: string | null
  /** Addresses and ranges that may use it; null for any */
  allowed_sources: string[] | null
  /** When it was created, in UTC */
  created_at: string
  /** When it was revoked, in UTC */
  revoked_at: string | null
  /** When it was used last, to about a minute, in UTC */
  last_used_at: string | null
}

export interface TimelineStep {
  /** `attempt`: one submission to an operator. `missed`: its guarantee was over. `sent`: an operator has it. `receipt`: what an operator said later. `released`: a price that was held went back. `compensated`: the price went back for a missed deadline. `event`: it is in the feed, and at the endpoints that want it, each a `webhook` */
  step:
    | 'accepted'
    | 'charged'
    | 'scheduled'
    | 'attempt'
    | 'missed'
    | 'sent'
    | 'quarantined'
    | 'receipt'
    | 'delivered'
    | 'undelivered'
    | 'failed'
    | 'cancelled'
    | 'refunded'
    | 'released'
    | 'compensated'
    | 'event'
    | 'webhook'
  /** When, in UTC */
  at: string
  /** Charged, or what went back, in the smallest currency unit */
  amount_cents?: number
  /** When it is to be sent; the last of it, where the sending window or rate of its customer delays it */
  until?: string
  /** Operators that were called in turn share a number */
  attempt?: number
  /** The operator */
  provider?: string
  /** Of an attempt: `accepted`, `rejected`, `unavailable`, `refused` or `unknown`. Of a missed guarantee: `late` or `unsent`. Of a receipt, what it changed: `applied`, or why nothing. Of a webhook: `pending`, `delivered` or `failed` */
  result?: string
  /** The reason in words */
  detail?: string
  /** Why this operator. Null of a first attempt that succeeded: only its result is kept */
  route?: string | null
  /** It went to this operator while another one had not answered */
  hedge?: true
  /** How long after its guarantee it was sent or failed */
  late_by_ms?: number
  /** Likewise */
  duration_ms?: number | null
  /** Of a receipt; null when it is not final */
  verdict?: 'delivered' | 'undelivered' | null
  /** Of the text; null for all of it */
  part?: number | null
  /** The operator's own */
  error_code?: string | null
  /** Its common name */
  cause?: string | null
  /** By the operator's clock, in UTC */
  done_at?: string | null
  /** As the message shows it */
  error?: {
    code:
      | 'rejected'
      | 'not_accepted'
      | 'possibly_sent'
      | 'expired'
      | 'undelivered'
      | 'no_route'
      | 'no_test_operator'
    detail: string
  }
  event_type?: string
  /** Of the event; null until it has its number */
  sequence?: number | null
  /** Null for the `callback_url` */
  endpoint_id?: string | null
  attempts?: number
  /** Of the last answer; null without one */
  http_status?: number | null
  /** When the next attempt follows, in UTC */
  next_attempt_at?: string | null
}

export interface RecipientTimeline {
  to: string
  status:
    'QUEUED' | 'SCHEDULED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'FAILED_TEMP' | 'FAILED_PERM' | 'CANCELLED'
  /** It was handed over again although an operator may have had it */
  possible_duplicate?: true
  /** Null when nothing is to come */
  waiting: MessageWaiting | null
  /** In the order of time */
  steps: TimelineStep[]
}

export interface ClassQueue {
  /** Recipients that wait for their turn */
  waiting: number
  /** When the oldest of them was accepted, in UTC */
  oldest_accepted_at: string | null
  /** Recipients of all customers in front of the first of them, about: beyond 10,000 messages it is an estimate */
  recipients_before: number
  /** Recipients that wait for a time: their `send_at`, or that of the sending window or rate */
  scheduled: number
  /** The first of these times, in UTC */
  next_scheduled_at: string | null
  /** The last of these times, in UTC */
  last_scheduled_at: string | null
  /** Recipients on their way to an operator, or backing off after an attempt */
  under_way: number
  /** There are more than were counted, which is up to 10,000 messages of a kind */
  at_least?: true
  /** About when an operator gets the last of all that waits, at the pace of the last seconds; null when nothing waits and when it is not known */
  last_hand_over_estimated_at: string | null
}

export type Event =
  | {
      /** Also the header `webhook-id`: the same at every attempt and in the feed */
      id: string
      /** Your events are numbered from 1 on. The feed has every number, a filtered endpoint has not */
      sequence: number
      /** When it happened, in UTC */
      timestamp: string
      type:
        'message.sent' | 'message.delivered' | 'message.undelivered' | 'message.failed' | 'message.cancelled'
      data: MessageEventData
    }
  | {
      /** Also the header `webhook-id`: the same at every attempt and in the feed */
      id: string
      /** Your events are numbered from 1 on. The feed has every number, a filtered endpoint has not */
      sequence: number
      /** When it happened, in UTC */
      timestamp: string
      type: 'balance.low'
      data: BalanceEventData
    }

export interface WebhookDelivery {
  id: string
  /** The header `webhook-id` */
  event_id: string
  event_type: string
  /** Of the event; null for a test */
  sequence: number | null
  /** `pending`: another attempt follows. `failed`: none does; a replay sends it again */
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  /** When the next attempt follows, in UTC */
  next_attempt_at: string | null
  last_attempt: {
    /** When it ended, in UTC */
    at: string
    /** The HTTP status of the answer; null without one */
    status: number | null
    /** Why it failed; null when it was delivered */
    error: string | null
    /** The beginning of the answer's body */
    answer: string | null
    duration_ms: number
  } | null
  /** When it was tried first, in UTC */
  created_at: string
}

export interface MessagesReportRow {
  /** When the period begins, by the clocks of `time_zone` */
  starts_at: string
  type?: 'express' | 'normal'
  /** Null where none took them */
  operator?: string | null
  /** Two letters of ISO 3166-1; null where the number does not say it */
  country?: string | null
  /** `OPEN`: not handed over yet. `SENT`: an operator has it, and no receipt has ended it. Both may still change */
  status?: 'OPEN' | 'SENT' | 'DELIVERED' | 'UNDELIVERED' | 'FAILED' | 'CANCELLED'
  /** Recipients, test messages left out */
  messages: number
  /** Message parts */
  parts: number
}

export interface SpendReportRow {
  /** When the period begins, by the clocks of `time_zone` */
  starts_at: string
  type?: 'express' | 'normal'
  /** Null where none took them */
  operator?: string | null
  /** Two letters of ISO 3166-1; null where the number does not say it */
  country?: string | null
  /** `OPEN`: not handed over yet. `SENT`: an operator has it, and no receipt has ended it. Both may still change */
  status?: 'OPEN' | 'SENT' | 'DELIVERED' | 'UNDELIVERED' | 'FAILED' | 'CANCELLED'
  /** Recipients, test messages left out */
  messages: number
  /** Message parts */
  parts: number
  /** The prices of the messages, in the smallest currency unit */
  charged_cents: number
  /** What of it was refunded, in the smallest currency unit */
  refunded_cents: number
  /** Charged without what was refunded, in the smallest currency unit */
  spent_cents: number
}

export interface DeliveryReportRow {
  /** When the period begins, by the clocks of `time_zone` */
  starts_at: string
  type?: 'express' | 'normal'
  /** Null where none took them */
  operator?: string | null
  /** Two letters of ISO 3166-1; null where the number does not say it */
  country?: string | null
  /** `OPEN`: not handed over yet. `SENT`: an operator has it, and no receipt has ended it. Both may still change */
  status?: 'OPEN' | 'SENT' | 'DELIVERED' | 'UNDELIVERED' | 'FAILED' | 'CANCELLED'
  /** Recipients, test messages left out */
  messages: number
  open: number
  sent: number
  delivered: number
  undelivered: number
  failed: number
  cancelled: number
  /** Delivered, of all messages: 0 to 1; null without any */
  delivered_share: number | null
  /** Undelivered, of all messages: 0 to 1; null without any */
  undelivered_share: number | null
  /** Failed, of all messages: 0 to 1; null without any */
  failed_share: number | null
  /** Mean milliseconds from when a message was due to its hand-over to an operator; null without any */
  hand_over_mean_ms: number | null
  /** Milliseconds that this share did not exceed, by 2.5 % */
  hand_over_p50_ms: number | null
  /** Milliseconds that this share did not exceed, by 2.5 % */
  hand_over_p95_ms: number | null
  /** Milliseconds that this share did not exceed, by 2.5 % */
  hand_over_p99_ms: number | null
  /** Mean milliseconds from when a message was due to its delivery; null without any */
  delivery_mean_ms: number | null
  /** Milliseconds that this share did not exceed, by 2.5 % */
  delivery_p50_ms: number | null
  /** Milliseconds that this share did not exceed, by 2.5 % */
  delivery_p95_ms: number | null
  /** Milliseconds that this share did not exceed, by 2.5 % */
  delivery_p99_ms: number | null
}

export interface TopReportRow {
  /** Null where none took them */
  operator?: string | null
  /** Two letters of ISO 3166-1; null where the number does not say it */
  country?: string | null
  /** Recipients, test messages left out */
  messages: number
  /** Message parts */
  parts: number
  /** The prices of the messages, in the smallest currency unit */
  charged_cents: number
  /** What of it was refunded, in the smallest currency unit */
  refunded_cents: number
  /** Charged without what was refunded, in the smallest currency unit */
  spent_cents: number
}

export interface DeadlineMiss {
  message_id: string
  /** The recipient */
  to: string
  /** Only express messages have a guarantee */
  type: 'express'
  /** `late`: handed over after it. `unsent`: failed or expired after it */
  cause: 'late' | 'unsent'
  /** By when it was guaranteed to be handed over, in UTC */
  guaranteed_by: string
  /** When it was handed over, or failed, in UTC */
  ended_at: string
  /** From the guarantee to then, in milliseconds */
  late_by_ms: number
  /** `none`: it is `unsent`, cost nothing, or its tariff has no `refund_missed`. `due`: given back within seconds. `paid`: done; 0 cents if the price had gone back before */
  compensation: 'none' | 'due' | 'paid'
  /** What was given back for the miss, in the smallest currency unit */
  compensated_cents: number
}

/** Of the whole range */
export interface DeadlineCounts {
  late: number
  unsent: number
  compensation_due: number
  compensated: number
  /** What was given back in all, in the smallest currency unit */
  compensated_cents: number
  /** There may be more: only 100,000 were counted */
  is_least: boolean
}

/** Recipients that are not finished and whose guarantee is over: each is listed when it is handed over or fails */
export interface DeadlinesOverdue {
  recipients: number
  /** There may be more, among more than was examined */
  is_least: boolean
}

export interface MessageWaiting {
  /** `turn`: recipients before it. `queue`: it is on its way to an operator. `operator`: it is being submitted. `lease`: a consumer that had it does not answer. `retry`: another attempt. `schedule`: its time to be sent. `window`, `rate`: the time at which the sending window or the sending rate lets it leave. `answer`: an operator may have it; a receipt or another question ends it. `operators_stopped`: all operators of its route are paused or drained. `operators_unreachable`: none of them answers. `relay`: it is due. `move`: ask again. `quarantine`: a decision, because an operator may have it */
  for:
    | 'quarantine'
    | 'operator'
    | 'lease'
    | 'schedule'
    | 'window'
    | 'rate'
    | 'answer'
    | 'operators_stopped'
    | 'operators_unreachable'
    | 'retry'
    | 'queue'
    | 'relay'
    | 'turn'
    | 'move'
  /** The same as a sentence */
  detail: string
  /** Since when, in UTC */
  since: string | null
  /** Until when at most, in UTC */
  until: string | null
  /** About how many recipients are before it, while it waits for its turn or is due; counted up to some hundred thousand */
  recipients_before: number | null
  /** About when an operator gets it, in UTC; null when that is not known */
  hand_over_estimated_at: string | null
}

export interface MessageEventData {
  message_id: string
  /** Its place among the message's recipients, from 1 on */
  recipient_no: number
  to: string
  /** At the time of the event */
  status:
    'QUEUED' | 'SCHEDULED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'FAILED_TEMP' | 'FAILED_PERM' | 'CANCELLED'
  client_reference: string | null
  tags: string[]
  type: 'normal' | 'express'
  parts: number
  /** What was charged; a refund does not lower it, in the smallest currency unit */
  cost_cents: number
  /** The operator that accepted or rejected it */
  provider: string | null
  /** Why it failed or was not delivered */
  error: {
    code:
      | 'rejected'
      | 'not_accepted'
      | 'possibly_sent'
      | 'expired'
      | 'undelivered'
      | 'no_route'
      | 'no_test_operator'
    detail: string
  } | null
  /** A test key sent it */
  test?: true
  /** Only at an endpoint with `include_text` */
  text?: string
}

export interface BalanceEventData {
  /** Whose charge it was */
  message_id: string
  /** The balance after the charge, in the smallest currency unit */
  balance_cents: number
  /** What it fell below, in the smallest currency unit */
  threshold_cents: number
}

export interface SendSmsWithKeyBody {
  /** The customer that pays */
  customer_id: number
  /** Length in Unicode code points; sent exactly as given */
  text: string
  /** Recipients with equal digits get one message, and are charged once */
  recipients: string[]
  /** `express` is sent ahead of all `normal` traffic, at a higher price */
  type: 'normal' | 'express'
}

export interface SendMessageBody {
  /** One number, or a list of up to 10,000. Equal numbers get one message, and are charged once */
  to: string | string[]
  /** At most 10 parts: 160 characters of GSM 7 bit or 153 a part, 70 UTF-16 code units or 67 a part otherwise */
  text: string
  /** `express` is sent ahead of all `normal` traffic, at a higher price. Default: "normal" */
  type?: 'normal' | 'express' | undefined
  /** Replace typographic look-alikes, such as curly quotes, if that makes the whole text GSM 7 bit. Default: false */
  smart_encoding?: boolean | undefined
  /** Whom it is from: a name of 2 to 11 letters, digits, inner spaces or `& . - _` with at least one letter, or a number. The operator's default, if left out */
  from?: string | undefined
  /** Your own name for it, to find it by; it need not be unique */
  client_reference?: string | undefined
  /** Your own words on it, to find it by */
  tags?: string[] | undefined
  /** Not before this time: RFC 3339 with an offset, at most 35 days ahead, and not before the present second. It is charged now */
  send_at?: string | undefined
  /** It is not sent any more when this time is over, counted from its acceptance or from `send_at`; it then fails and is refunded */
  expires_in_seconds?: number | undefined
  /** While it is not known whether an operator took it: `retry` sends it again, so that the handset may get it twice; `hold` never does: it waits for a receipt or for what the operator answers when it is asked, until it expires, and is then refunded. Left out: what the customer has set, else `retry` for express and where the operator takes a message once */
  on_unknown?: 'retry' | 'hold' | undefined
  /** Where the events of this message go besides your endpoints, signed with the secret of `POST /v1/webhooks/callback-secret` */
  callback_url?: string | undefined
  /** Express only: by when it is guaranteed to be handed over to an operator, in milliseconds from its acceptance, from `send_at` or from when its customer's sending window lets its last recipient leave. Misses are listed by `GET /v1/deadlines`. Left out: what the customer has set, else `EXPRESS_GUARANTEED_WITHIN` */
  guaranteed_within_ms?: number | undefined
  /** Refuse the message when all recipients together cost more */
  max_price?: number | undefined
}

export interface ListMessagesQuery {
  /** Only messages with this status */
  status?:
    | 'QUEUED'
    | 'SCHEDULED'
    | 'SENDING'
    | 'SENT'
    | 'DELIVERED'
    | 'FAILED_TEMP'
    | 'FAILED_PERM'
    | 'CANCELLED'
    | undefined
  /** Only messages to this number, in any writing */
  to?: string | undefined
  /** Only messages with this reference */
  client_reference?: string | undefined
  /** Only messages with this tag */
  tag?: string | undefined
  /** Only messages that were accepted at this time or later */
  created_after?: string | undefined
  /** Only messages that were accepted before this time */
  created_before?: string | undefined
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface SendBulkBody {
  /** Each with the body of `POST /v1/messages`; together at most 10,000 recipients */
  messages: {
    /** One number, or a list of up to 10,000. Equal numbers get one message, and are charged once */
    to: string | string[]
    /** At most 10 parts: 160 characters of GSM 7 bit or 153 a part, 70 UTF-16 code units or 67 a part otherwise */
    text: string
    /** `express` is sent ahead of all `normal` traffic, at a higher price. Default: "normal" */
    type?: 'normal' | 'express' | undefined
    /** Replace typographic look-alikes, such as curly quotes, if that makes the whole text GSM 7 bit. Default: false */
    smart_encoding?: boolean | undefined
    /** Whom it is from: a name of 2 to 11 letters, digits, inner spaces or `& . - _` with at least one letter, or a number. The operator's default, if left out */
    from?: string | undefined
    /** Your own name for it, to find it by; it need not be unique */
    client_reference?: string | undefined
    /** Your own words on it, to find it by */
    tags?: string[] | undefined
    /** Not before this time: RFC 3339 with an offset, at most 35 days ahead, and not before the present second. It is charged now */
    send_at?: string | undefined
    /** It is not sent any more when this time is over, counted from its acceptance or from `send_at`; it then fails and is refunded */
    expires_in_seconds?: number | undefined
    /** While it is not known whether an operator took it: `retry` sends it again, so that the handset may get it twice; `hold` never does: it waits for a receipt or for what the operator answers when it is asked, until it expires, and is then refunded. Left out: what the customer has set, else `retry` for express and where the operator takes a message once */
    on_unknown?: 'retry' | 'hold' | undefined
    /** Where the events of this message go besides your endpoints, signed with the secret of `POST /v1/webhooks/callback-secret` */
    callback_url?: string | undefined
    /** Express only: by when it is guaranteed to be handed over to an operator, in milliseconds from its acceptance, from `send_at` or from when its customer's sending window lets its last recipient leave. Misses are listed by `GET /v1/deadlines`. Left out: what the customer has set, else `EXPRESS_GUARANTEED_WITHIN` */
    guaranteed_within_ms?: number | undefined
    /** Refuse the message when all recipients together cost more */
    max_price?: number | undefined
  }[]
  /** Accept all messages or none: one that is refused then refuses the whole bulk. Default: false */
  all_or_nothing?: boolean | undefined
}

export interface QuoteMessageBody {
  /** One number, or a list of up to 10,000. Equal numbers get one message, and are charged once */
  to: string | string[]
  /** At most 10 parts: 160 characters of GSM 7 bit or 153 a part, 70 UTF-16 code units or 67 a part otherwise */
  text: string
  /** `express` is sent ahead of all `normal` traffic, at a higher price. Default: "normal" */
  type?: 'normal' | 'express' | undefined
  /** Replace typographic look-alikes, such as curly quotes, if that makes the whole text GSM 7 bit. Default: false */
  smart_encoding?: boolean | undefined
  /** Whom it is from: a name of 2 to 11 letters, digits, inner spaces or `& . - _` with at least one letter, or a number. The operator's default, if left out */
  from?: string | undefined
  /** Your own name for it, to find it by; it need not be unique */
  client_reference?: string | undefined
  /** Your own words on it, to find it by */
  tags?: string[] | undefined
  /** Not before this time: RFC 3339 with an offset, at most 35 days ahead, and not before the present second. It is charged now */
  send_at?: string | undefined
  /** It is not sent any more when this time is over, counted from its acceptance or from `send_at`; it then fails and is refunded */
  expires_in_seconds?: number | undefined
  /** While it is not known whether an operator took it: `retry` sends it again, so that the handset may get it twice; `hold` never does: it waits for a receipt or for what the operator answers when it is asked, until it expires, and is then refunded. Left out: what the customer has set, else `retry` for express and where the operator takes a message once */
  on_unknown?: 'retry' | 'hold' | undefined
  /** Where the events of this message go besides your endpoints, signed with the secret of `POST /v1/webhooks/callback-secret` */
  callback_url?: string | undefined
  /** Express only: by when it is guaranteed to be handed over to an operator, in milliseconds from its acceptance, from `send_at` or from when its customer's sending window lets its last recipient leave. Misses are listed by `GET /v1/deadlines`. Left out: what the customer has set, else `EXPRESS_GUARANTEED_WITHIN` */
  guaranteed_within_ms?: number | undefined
  /** Refuse the message when all recipients together cost more */
  max_price?: number | undefined
}

export interface ListMessageRecipientsQuery {
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface ListMessageAttemptsQuery {
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface ListTransactionsQuery {
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface ListKeysQuery {
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface CreateKeyBody {
  /** What it is for; length in Unicode code points */
  name: string
  /** `send` messages, `read` them and the balance, `manage` the keys of the customer */
  scopes: ('send' | 'read' | 'manage')[]
  /** What a `test` key sends goes to the test operator alone, and costs nothing. Default: "live" */
  mode?: 'live' | 'test' | undefined
  /** When it stops to be valid; never, if left out */
  expires_at?: string | undefined
  /** Addresses and ranges that may use it; any, if left out */
  allowed_sources?: string[] | undefined
}

export interface ReadMessageTimelineQuery {
  /** Only this recipient, in any writing of the number */
  to?: string | undefined
  /** Page size, in recipients. Default: 10 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface ListEventsQuery {
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** The `sequence` of the last event that you have; from the first one that is kept, if left out. Default: 0 */
  after?: number | undefined
}

export interface ChangeEventSettingsBody {
  /** Keep events for `GET /v1/events`, also without an endpoint */
  feed?: boolean | undefined
  /** A charge that takes the balance below it makes the event `balance.low`; null for none. In the smallest currency unit */
  low_balance_cents?: number | null | undefined
}

export interface CreateWebhookBody {
  /** An https address on the internet. It is called, never followed to another one */
  url: string
  /** The types it gets; null for all. Default: null */
  events?:
    | (
        | 'message.sent'
        | 'message.delivered'
        | 'message.undelivered'
        | 'message.failed'
        | 'message.cancelled'
        | 'balance.low'
      )[]
    | null
    | undefined
  /** Put the message's text into its events. Default: false */
  include_text?: boolean | undefined
}

export type RotateCallbackSecretBody = Record<string, never>

export interface ChangeWebhookBody {
  /** An https address on the internet. It is called, never followed to another one */
  url?: string | undefined
  /** The types it gets; null for all */
  events?:
    | (
        | 'message.sent'
        | 'message.delivered'
        | 'message.undelivered'
        | 'message.failed'
        | 'message.cancelled'
        | 'balance.low'
      )[]
    | null
    | undefined
  /** Put the message's text into its events */
  include_text?: boolean | undefined
}

export type RotateWebhookSecretBody = Record<string, never>

export type TestWebhookBody = Record<string, never>

export interface ReplayWebhookBody {
  /** Every event with a larger `sequence` is sent again, also what was delivered */
  after: number
}

export interface ListWebhookDeliveriesQuery {
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface ListExportsQuery {
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

export interface CreateExportBody {
  /** `messages` has a row a recipient, `ledger` a row a transaction */
  what: 'messages' | 'ledger'
  /** Messages that were accepted, or transactions that were booked, at this time or later */
  from: string
  /** And before this time, which must not lie in the future; at most 366 days after `from` */
  to: string
  /** `ndjson` has a JSON object a line. Default: "csv" */
  format?: 'csv' | 'ndjson' | 'parquet' | undefined
  /** All that are given have to hold. Default: {} */
  filters?:
    | {
        /** Messages of this class */
        type?: 'express' | 'normal' | undefined
        /** Recipients that have this status when they are read */
        status?:
          | 'QUEUED'
          | 'SCHEDULED'
          | 'SENDING'
          | 'SENT'
          | 'DELIVERED'
          | 'FAILED_TEMP'
          | 'FAILED_PERM'
          | 'CANCELLED'
          | undefined
        /** Messages to this number, in any writing */
        recipient?: string | undefined
        /** Recipients whose number belongs to this country */
        country?: string | undefined
        /** Recipients that this operator accepted or rejected */
        operator?: string | undefined
        /** Of the ledger, transactions of this type */
        transaction_type?: 'topup' | 'charge' | 'refund' | 'release' | 'compensation' | undefined
      }
    | undefined
}

export interface ReportMessagesQuery {
  /** Where the range begins; by default an hour, a day or 30 days before `to`, by `granularity` */
  from?: string | undefined
  /** Where the range ends, not included; now by default */
  to?: string | undefined
  /** How long the periods are. The range is widened to whole ones. Default: "day" */
  granularity?: 'minute' | 'hour' | 'day' | undefined
  /** Whose days and hours: a name of the IANA database, such as `Asia/Tehran`. Default: "UTC" */
  time_zone?: string | undefined
  /** Some of `type`, `operator`, `country`, `status`, separated by commas. Then only rows that have messages are listed */
  group_by?: string | undefined
}

export interface ReportSpendQuery {
  /** Where the range begins; by default an hour, a day or 30 days before `to`, by `granularity` */
  from?: string | undefined
  /** Where the range ends, not included; now by default */
  to?: string | undefined
  /** How long the periods are. The range is widened to whole ones. Default: "day" */
  granularity?: 'minute' | 'hour' | 'day' | undefined
  /** Whose days and hours: a name of the IANA database, such as `Asia/Tehran`. Default: "UTC" */
  time_zone?: string | undefined
  /** Some of `type`, `operator`, `country`, `status`, separated by commas. Then only rows that have messages are listed */
  group_by?: string | undefined
}

export interface ReportDeliveryQuery {
  /** Where the range begins; by default an hour, a day or 30 days before `to`, by `granularity` */
  from?: string | undefined
  /** Where the range ends, not included; now by default */
  to?: string | undefined
  /** How long the periods are. The range is widened to whole ones. Default: "day" */
  granularity?: 'minute' | 'hour' | 'day' | undefined
  /** Whose days and hours: a name of the IANA database, such as `Asia/Tehran`. Default: "UTC" */
  time_zone?: string | undefined
  /** Some of `type`, `operator`, `country`, `status`, separated by commas. Then only rows that have messages are listed */
  group_by?: string | undefined
}

export interface ReportTopQuery {
  /** Where the range begins; by default an hour, a day or 30 days before `to`, by `granularity` */
  from?: string | undefined
  /** Where the range ends, not included; now by default */
  to?: string | undefined
  /** How long the periods are. The range is widened to whole ones. Default: "day" */
  granularity?: 'minute' | 'hour' | 'day' | undefined
  /** Whose days and hours: a name of the IANA database, such as `Asia/Tehran`. Default: "UTC" */
  time_zone?: string | undefined
  /** What is compared. Default: "operator" */
  by?: 'operator' | 'country' | undefined
  /** How many rows. Default: 10 */
  limit?: number | undefined
}

export interface ListDeadlinesQuery {
  /** Guarantees from this time on; by default a day before `to` */
  from?: string | undefined
  /** Guarantees before this time; now by default */
  to?: string | undefined
  /** Page size, in items. Default: 100 */
  limit?: number | undefined
  /** `next_cursor` of the previous page */
  cursor?: string | undefined
}

/** What each operation takes, and what it answers. */
export interface Operations {
  /** Send a text to one or more recipients */
  sendSmsWithKey: {
    body: SendSmsWithKeyBody
    answer: SendAnswer
  }
  /** Send a text to one or more recipients, at once or at a later time */
  sendMessage: {
    body: SendMessageBody
    answer: MessageAnswer
  }
  /** List messages, newest first */
  listMessages: {
    query?: ListMessagesQuery
    answer: MessagesAnswer
  }
  /** Send many different messages in one request */
  sendBulk: {
    body: SendBulkBody
    answer: BulkAnswer
  }
  /** Read the result of a bulk */
  readBulk: {
    path: {
      /** The bulk */
      id: string
    }
    answer: Bulk
  }
  /** Cancel what still waits of a bulk */
  cancelBulk: {
    path: {
      /** The bulk */
      id: string
    }
    answer: BulkCancelAnswer
  }
  /** Price a message without sending it */
  quoteMessage: {
    body: QuoteMessageBody
    answer: QuoteAnswer
  }
  /** Read a message and its status */
  readMessage: {
    path: {
      /** The message */
      id: string
    }
    answer: Message
  }
  /** Cancel a message */
  cancelMessage: {
    path: {
      /** The message */
      id: string
    }
    answer: CancelAnswer
  }
  /** List the recipients of a message with their status */
  listMessageRecipients: {
    path: {
      /** The message */
      id: string
    }
    query?: ListMessageRecipientsQuery
    answer: RecipientsAnswer
  }
  /** List the attempts to hand a message over to an operator */
  listMessageAttempts: {
    path: {
      /** The message */
      id: string
    }
    query?: ListMessageAttemptsQuery
    answer: AttemptsAnswer
  }
  /** List the customer's transactions, newest first */
  listTransactions: {
    query?: ListTransactionsQuery
    answer: TransactionsAnswer
  }
  /** Read the customer of the key, and the key */
  readMe: {
    answer: MeAnswer
  }
  /** List the customer's keys, newest first */
  listKeys: {
    query?: ListKeysQuery
    answer: KeysAnswer
  }
  /** Create a key */
  createKey: {
    body: CreateKeyBody
    answer: NewKey
  }
  /** Revoke a key */
  revokeKey: {
    path: {
      /** The `id` of the key */
      id: string
    }
    answer: RevokedAnswer
  }
  /** Where is my message: what happened to it, and what it waits for */
  readMessageTimeline: {
    path: {
      /** The message */
      id: string
    }
    query?: ReadMessageTimelineQuery
    answer: MessageTimeline
  }
  /** Read what waits to be sent */
  readQueue: {
    answer: QueueAnswer
  }
  /** Read events by their numbers, oldest first */
  listEvents: {
    query?: ListEventsQuery
    answer: EventsAnswer
  }
  /** Read what is decided about events as a whole */
  readEventSettings: {
    answer: EventSettings
  }
  /** Switch the feed, or set the threshold of a low balance */
  changeEventSettings: {
    body: ChangeEventSettingsBody
    answer: EventSettings
  }
  /** List the endpoints that events are sent to, oldest first */
  listWebhooks: {
    answer: WebhooksAnswer
  }
  /** Send events to an endpoint */
  createWebhook: {
    body: CreateWebhookBody
    answer: NewWebhookEndpoint
  }
  /** Create or change the secret of callback_url */
  rotateCallbackSecret: {
    body: RotateCallbackSecretBody
    answer: WebhookSecret
  }
  /** Change an endpoint */
  changeWebhook: {
    path: {
      /** The endpoint */
      id: string
    }
    body: ChangeWebhookBody
    answer: WebhookEndpoint
  }
  /** Delete an endpoint */
  deleteWebhook: {
    path: {
      /** The endpoint */
      id: string
    }
    answer: WebhookDeletedAnswer
  }
  /** Give an endpoint a new secret */
  rotateWebhookSecret: {
    path: {
      /** The endpoint */
      id: string
    }
    body: RotateWebhookSecretBody
    answer: WebhookSecret
  }
  /** Send a test to an endpoint */
  testWebhook: {
    path: {
      /** The endpoint */
      id: string
    }
    body: TestWebhookBody
    answer: WebhookTestAnswer
  }
  /** Send events again */
  replayWebhook: {
    path: {
      /** The endpoint */
      id: string
    }
    body: ReplayWebhookBody
    answer: WebhookEndpoint
  }
  /** List what was sent to an endpoint, newest first */
  listWebhookDeliveries: {
    path: {
      /** The endpoint */
      id: string
    }
    query?: ListWebhookDeliveriesQuery
    answer: WebhookDeliveriesAnswer
  }
  /** List your exports, newest first */
  listExports: {
    query?: ListExportsQuery
    answer: ExportsAnswer
  }
  /** Have your messages or ledger written to a file */
  createExport: {
    body: CreateExportBody
    answer: Export
  }
  /** Read how far an export is, and where its file is */
  readExport: {
    path: {
      /** The export */
      id: string
    }
    answer: Export
  }
  /** Stop an export and remove its file */
  deleteExport: {
    path: {
      /** The export */
      id: string
    }
    answer: DeletedExport
  }
  /** How much was sent, by period */
  reportMessages: {
    query?: ReportMessagesQuery
    answer: MessagesReport
  }
  /** What was spent, by period */
  reportSpend: {
    query?: ReportSpendQuery
    answer: SpendReport
  }
  /** Results of messages and how long they took, by period */
  reportDelivery: {
    query?: ReportDeliveryQuery
    answer: DeliveryReport
  }
  /** The operators or countries with the most messages */
  reportTop: {
    query?: ReportTopQuery
    answer: TopReport
  }
  /** List express messages that were not handed over in time */
  listDeadlines: {
    query?: ListDeadlinesQuery
    answer: DeadlinesAnswer
  }
}

/** Where each operation is found, and whether it takes an `Idempotency-Key`. */
export const PLACES: Readonly<Record<keyof Operations, { method: string; path: string; isKeyed: boolean }>> =
  {
    sendSmsWithKey: { method: 'POST', path: '/v1/sms/send', isKeyed: true },
    sendMessage: { method: 'POST', path: '/v1/messages', isKeyed: true },
    listMessages: { method: 'GET', path: '/v1/messages', isKeyed: false },
    sendBulk: { method: 'POST', path: '/v1/messages/bulk', isKeyed: true },
    readBulk: { method: 'GET', path: '/v1/bulks/{id}', isKeyed: false },
    cancelBulk: { method: 'DELETE', path: '/v1/bulks/{id}', isKeyed: false },
    quoteMessage: { method: 'POST', path: '/v1/messages/quote', isKeyed: false },
    readMessage: { method: 'GET', path: '/v1/messages/{id}', isKeyed: false },
    cancelMessage: { method: 'DELETE', path: '/v1/messages/{id}', isKeyed: false },
    listMessageRecipients: { method: 'GET', path: '/v1/messages/{id}/recipients', isKeyed: false },
    listMessageAttempts: { method: 'GET', path: '/v1/messages/{id}/attempts', isKeyed: false },
    listTransactions: { method: 'GET', path: '/v1/transactions', isKeyed: false },
    readMe: { method: 'GET', path: '/v1/me', isKeyed: false },
    listKeys: { method: 'GET', path: '/v1/keys', isKeyed: false },
    createKey: { method: 'POST', path: '/v1/keys', isKeyed: false },
    revokeKey: { method: 'DELETE', path: '/v1/keys/{id}', isKeyed: false },
    readMessageTimeline: { method: 'GET', path: '/v1/messages/{id}/timeline', isKeyed: false },
    readQueue: { method: 'GET', path: '/v1/queue', isKeyed: false },
    listEvents: { method: 'GET', path: '/v1/events', isKeyed: false },
    readEventSettings: { method: 'GET', path: '/v1/events/settings', isKeyed: false },
    changeEventSettings: { method: 'PATCH', path: '/v1/events/settings', isKeyed: false },
    listWebhooks: { method: 'GET', path: '/v1/webhooks', isKeyed: false },
    createWebhook: { method: 'POST', path: '/v1/webhooks', isKeyed: false },
    rotateCallbackSecret: { method: 'POST', path: '/v1/webhooks/callback-secret', isKeyed: false },
    changeWebhook: { method: 'PATCH', path: '/v1/webhooks/{id}', isKeyed: false },
    deleteWebhook: { method: 'DELETE', path: '/v1/webhooks/{id}', isKeyed: false },
    rotateWebhookSecret: { method: 'POST', path: '/v1/webhooks/{id}/rotate-secret', isKeyed: false },
    testWebhook: { method: 'POST', path: '/v1/webhooks/{id}/test', isKeyed: false },
    replayWebhook: { method: 'POST', path: '/v1/webhooks/{id}/replay', isKeyed: false },
    listWebhookDeliveries: { method: 'GET', path: '/v1/webhooks/{id}/deliveries', isKeyed: false },
    listExports: { method: 'GET', path: '/v1/exports', isKeyed: false },
    createExport: { method: 'POST', path: '/v1/exports', isKeyed: false },
    readExport: { method: 'GET', path: '/v1/exports/{id}', isKeyed: false },
    deleteExport: { method: 'DELETE', path: '/v1/exports/{id}', isKeyed: false },
    reportMessages: { method: 'GET', path: '/v1/reports/messages', isKeyed: false },
    reportSpend: { method: 'GET', path: '/v1/reports/spend', isKeyed: false },
    reportDelivery: { method: 'GET', path: '/v1/reports/delivery', isKeyed: false },
    reportTop: { method: 'GET', path: '/v1/reports/top', isKeyed: false },
    listDeadlines: { method: 'GET', path: '/v1/deadlines', isKeyed: false },
  }
