import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { DeliveryStatus, ReceiptState, ReportResult, Schema, WaitingState } from '../../../db/schema.ts'
import { look } from '../../support/arrange.ts'
import type { Charging } from '../../../src/primitives/charging.ts'
import type { OnUnknown } from '../../../src/primitives/onUnknown.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

type Kind = 'number' | 'text' | 'bytes' | 'time'
/** What a column reads as: a kind, and whether NULL is among its values. */
type Column = Kind | `${Kind} or null`

type KindOf<T> = T extends number ? 'number' : T extends Buffer ? 'bytes' : T extends Date ? 'time' : 'text'
type Read<T> = T extends { readonly __select__: infer S } ? S : T
type ColumnOf<T> = null extends T ? `${KindOf<NonNullable<T>>} or null` : KindOf<T>
/** The row types as values: the compiler refuses a list that lacks a column of theirs, has one more or another kind. */
type Columns = {
  [Table in keyof Schema]: { [Name in keyof Schema[Table]]: ColumnOf<Read<Schema[Table][Name]>> }
}

const REPORT_ROWS = {
  user_id: 'number',
  started_at: 'time',
  type: 'text',
  operator: 'text',
  country: 'text',
  result: 'text',
  messages: 'number',
  parts: 'number',
  charged: 'number',
  refunded: 'number',
  handovers: 'number',
  handover_ms: 'number',
  deliveries: 'number',
  delivery_ms: 'number',
  handover_sketch: 'bytes or null',
  delivery_sketch: 'bytes or null',
  cost: 'number',
  costed: 'number',
} as const

const ROW_TYPES = {
  user_balances: {
    user_id: 'number',
    balance: 'number',
    last_seq: 'number',
    fair_tag: 'number',
    parts_tat: 'number',
    sending_tat: 'number',
    spend_day: 'number',
    spent_of_day: 'number',
    spent_of_month: 'number',
    last_updated: 'time',
    event_sinks: 'number',
    low_balance: 'number or null',
  },
  user_transactions: {
    transaction_id: 'bytes',
    recipient_no: 'number',
    transaction_type: 'text',
    user_id: 'number',
    seq: 'number',
    amount: 'number',
    balance_after: 'number',
    description: 'text',
    created_at: 'time',
  },
  sms_requests: {
    sms_identifier: 'bytes',
    user_id: 'number',
    type: 'text',
    text: 'text',
    sender: 'text or null',
    recipients: 'number',
    send_at: 'time or null',
    expires_at: 'time or null',
    is_test: 'number',
    on_unknown: 'text or null',
    traceparent: 'text or null',
    delayed_until: 'time or null',
    guaranteed_by: 'time or null',
    hedge: 'number',
    created_at: 'time',
  },
  sms_status: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    user_id: 'number',
    recipient: 'text',
    status: 'text',
    delivery_status: 'text or null',
    price: 'number',
    tariff_id: 'number',
    parts: 'number',
    attempts: 'number',
    unconfirmed: 'number',
    provider: 'text',
    owner: 'bytes or null',
    lease_until: 'time or null',
    retrying_since: 'time or null',
    possibly_sent: 'number',
    possible_duplicate: 'number',
    failure_reason: 'text or null',
    handed_over_at: 'time or null',
    created_at: 'time',
    updated_at: 'time',
    given_to: 'text or null',
    makes_events: 'number',
    returned: 'number',
    charging: 'text',
    cost: 'number or null',
  },
  message_references: { sms_identifier: 'bytes', user_id: 'number', client_reference: 'bytes' },
  message_tags: { user_id: 'number', sms_identifier: 'bytes', tags: 'text' },
  delivery_attempts: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    attempt: 'number',
    call_no: 'number',
    provider: 'text',
    result: 'text',
    reason: 'text',
    route_reason: 'text',
    started_at: 'time',
    duration_ms: 'number',
    is_hedge: 'number',
  },
  deadline_misses: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    user_id: 'number',
    cause: 'text',
    guaranteed_by: 'time',
    ended_at: 'time',
    due_at: 'time or null',
    compensated_at: 'time or null',
    compensation: 'number',
  },
  operator_messages: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    provider: 'text',
    provider_message_id: 'text',
    match_key: 'text or null',
    created_at: 'time',
  },
  operator_message_parts: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    provider: 'text',
    part_no: 'number',
    provider_message_id: 'text',
    match_key: 'text or null',
    delivery_status: 'text or null',
    created_at: 'time',
  },
  part_references: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    recipient: 'text',
    reference: 'number',
    created_at: 'time',
  },
  part_reference_counters: {
    recipient: 'text',
    last_reference: 'number',
    used_at: 'time',
  },
  waiting_receipts: {
    id: 'bytes',
    state: 'text',
    due_at: 'time',
    operator: 'text',
    protocol: 'text',
    raw: 'bytes',
    reason: 'text or null',
    wait_key: 'text or null',
    received_at: 'time',
  },
  receipts: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    id: 'bytes',
    operator: 'text',
    state: 'text',
    verdict: 'text or null',
    part_no: 'number or null',
    code: 'text or null',
    cause: 'text or null',
    raw: 'bytes',
    done_at: 'time or null',
    received_at: 'time',
  },
  sms_quarantine: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    user_id: 'number',
    reason: 'text',
    created_at: 'time',
  },
  outbox_events: {
    id: 'bytes',
    lane: 'number',
    order_key: 'number',
    user_id: 'number or null',
    sms_identifier: 'bytes or null',
    payload: 'text',
    recipients: 'number',
    last_error: 'text or null',
    created_at: 'time',
  },
  outbox_positions: { lane: 'number', order_key: 'number' },
  skip_locked_probe: { id: 'number' },
  removed_weeks: {
    kind: 'text',
    below: 'bytes',
    state: 'text',
    position: 'text or null',
    entries: 'number',
    topups: 'number',
    charges: 'number',
    refunds: 'number',
    manifest: 'bytes or null',
    blocked_by: 'text or null',
    changed_at: 'time',
  },
  removed_ledger: {
    user_id: 'number',
    below: 'bytes',
    entries: 'number',
    topups: 'number',
    charges: 'number',
    refunds: 'number',
    chain_a: 'number',
    chain_b: 'number',
  },
  retention_position: {
    id: 'number',
    owner: 'bytes or null',
    lease_until: 'time or null',
    texts_until: 'bytes or null',
    texts_left_until: 'bytes or null',
  },
  audit_accounts: { user_id: 'number', seq: 'number', balance: 'number' },
  customers: {
    user_id: 'number',
    public_id: 'bytes',
    name: 'text',
    tier: 'text',
    parts_per_minute: 'number or null',
    parts_burst: 'number or null',
    requests_per_second: 'number or null',
    allowed_senders: 'text or null',
    spend_per_day: 'number or null',
    spend_per_month: 'number or null',
    on_unknown: 'text or null',
    normal_weight: 'number',
    sending_parts_per_second: 'number or null',
    window_from: 'number or null',
    window_to: 'number or null',
    window_zone: 'text or null',
    window_express: 'number',
    guaranteed_within_ms: 'number or null',
    hedge: 'number',
    created_at: 'time',
    updated_at: 'time',
  },
  api_keys: {
    id: 'bytes',
    key_hash: 'bytes',
    user_id: 'number',
    name: 'text',
    hint: 'text',
    mode: 'text',
    scopes: 'text',
    allowed_sources: 'text or null',
    expires_at: 'time or null',
    revoked_at: 'time or null',
    last_used_at: 'time or null',
    created_at: 'time',
  },
  access_revision: { id: 'number', revision: 'number' },
  admin_log: {
    id: 'bytes',
    actor: 'text',
    action: 'text',
    user_id: 'number or null',
    details: 'text',
    created_at: 'time',
  },
  audit_checkpoint: {
    id: 'number',
    owner: 'bytes or null',
    lease_until: 'time or null',
    head_until: 'time or null',
    head_cursor: 'text or null',
    pass_cursor: 'text or null',
    pass_state: 'bytes or null',
    pass_ended_at: 'time or null',
  },
  idempotency_keys: {
    user_id: 'number',
    route: 'text',
    is_test: 'number',
    idempotency_key: 'text',
    fingerprint: 'bytes',
    identifier: 'bytes',
    status: 'number',
    answer: 'bytes',
    created_at: 'time',
    kept_until: 'time',
  },
  bulks: {
    bulk_id: 'bytes',
    user_id: 'number',
    is_test: 'number',
    messages: 'number',
    accepted: 'number',
    refused: 'number',
    cost: 'number',
    created_at: 'time',
    cancelled_at: 'time or null',
  },
  bulk_messages: {
    bulk_id: 'bytes',
    message_index: 'number',
    sms_identifier: 'bytes',
  },
  tariffs: {
    id: 'number',
    user_id: 'number or null',
    type: 'text or null',
    destination_prefix: 'text',
    valid_from: 'time',
    valid_until: 'time or null',
    per: 'text',
    price: 'number',
    created_at: 'time',
    refund_missed: 'number',
    charging: 'text',
    receipt_wait_seconds: 'number or null',
  },
  tariffs_revision: { id: 'number', revision: 'number' },
  event_queue: {
    user_id: 'number',
    sms_identifier: 'bytes',
    recipient_no: 'number',
    version: 'number',
    type: 'text',
    makes_events: 'number',
    threshold: 'number or null',
    occurred_at: 'time',
  },
  event_sequences: { user_id: 'number', last_seq: 'number' },
  event_log: {
    user_id: 'number',
    seq: 'number',
    sms_identifier: 'bytes',
    recipient_no: 'number',
    version: 'number',
    type: 'text',
    makes_events: 'number',
    threshold: 'number or null',
    occurred_at: 'time',
    sequenced_at: 'time',
  },
  message_callbacks: { sms_identifier: 'bytes', url: 'text' },
  webhook_endpoints: {
    id: 'bytes',
    user_id: 'number',
    kind: 'text',
    url: 'text or null',
    event_types: 'text or null',
    include_text: 'number',
    secret: 'text or null',
    previous_secret: 'text or null',
    previous_until: 'time or null',
    status: 'text',
    disabled_reason: 'text or null',
    position: 'number',
    failures: 'number',
    failing_since: 'time or null',
    paused_until: 'time or null',
    is_slow: 'number',
    due_at: 'time or null',
    owner: 'bytes or null',
    created_at: 'time',
    updated_at: 'time',
  },
  webhook_deliveries: {
    endpoint_id: 'bytes',
    id: 'bytes',
    user_id: 'number',
    seq: 'number or null',
    event_id: 'text',
    event_type: 'text',
    url: 'text or null',
    status: 'text',
    attempts: 'number',
    next_attempt_at: 'time or null',
    last_attempt_at: 'time or null',
    last_status: 'number or null',
    last_error: 'text or null',
    last_answer: 'text or null',
    last_duration_ms: 'number or null',
    created_at: 'time',
  },
  webhook_secrets: {
    user_id: 'number',
    secret: 'text',
    previous_secret: 'text or null',
    previous_until: 'time or null',
  },
  operators: {
    name: 'text',
    place: 'number',
    protocol: 'text',
    classes: 'text',
    throughput: 'number or null',
    configured_at: 'time',
    state: 'text',
    weight: 'number',
    reason: 'text or null',
    changed_by: 'text or null',
    changed_at: 'time or null',
  },
  operators_revision: { id: 'number', revision: 'number' },
  operator_quotas: { name: 'text', leased_until_us: 'number' },
  operator_health: {
    slot: 'number',
    prefix: 'text',
    operator: 'text',
    accepted: 'number',
    failed: 'number',
    latency_ms: 'number',
    express_accepted: 'number',
    express_failed: 'number',
    express_latency_ms: 'number',
    delivered: 'number',
    undelivered: 'number',
  },
  receipt_polls: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    operator: 'text',
    recipient: 'text',
    every_ms: 'number',
    asked: 'number',
    next_at: 'time',
    ends_at: 'time',
  },
  process_states: {
    id: 'bytes',
    roles: 'text',
    version: 'text',
    started_at: 'time',
    reported_at: 'time',
    state: 'text',
  },
  admin_sessions: { id: 'bytes', actor: 'text', created_at: 'time', expires_at: 'time' },
  admin_actions: {
    id: 'bytes',
    kind: 'text',
    input: 'text',
    actor: 'text',
    reason: 'text',
    state: 'text',
    lease_until: 'time or null',
    result: 'text or null',
    created_at: 'time',
    ended_at: 'time or null',
  },
  exports: {
    id: 'bytes',
    user_id: 'number',
    what: 'text',
    format: 'text',
    from_at: 'time',
    until_at: 'time',
    filters: 'text',
    secret: 'bytes',
    state: 'text',
    reason: 'text or null',
    due_at: 'time',
    owner: 'bytes or null',
    failures: 'number',
    file: 'text or null',
    position: 'text or null',
    reached_at: 'time or null',
    row_count: 'number',
    byte_count: 'number',
    total: 'number',
    sha256: 'bytes or null',
    created_at: 'time',
    started_at: 'time or null',
    ended_at: 'time or null',
  },
  report_minutes: REPORT_ROWS,
  report_quarters: REPORT_ROWS,
  report_days: REPORT_ROWS,
  report_positions: { id: 'number', folded_until: 'bytes' },
  holds: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    user_id: 'number',
    price: 'number',
    receipt_wait_seconds: 'number or null',
    release_at: 'time or null',
  },
  report_changes: {
    sms_identifier: 'bytes',
    recipient_no: 'number',
    was: 'text',
    became: 'text',
  },
} satisfies Columns

const KINDS: Record<string, Kind> = {
  bigint: 'number',
  int: 'number',
  smallint: 'number',
  tinyint: 'number',
  char: 'text',
  varchar: 'text',
  mediumtext: 'text',
  text: 'text',
  enum: 'text',
  binary: 'bytes',
  varbinary: 'bytes',
  mediumblob: 'bytes',
  blob: 'bytes',
  datetime: 'time',
}

interface ColumnRow {
  table_name: string
  column_name: string
  data_type: string
  is_nullable: 'YES' | 'NO'
  column_default: string | null
}

describe('the row types of Kysely', () => {
  let stack: Stack
  let columns: ColumnRow[]
  before(async () => {
    stack = await freshStack()
    columns = await look(
      stack.db,
      sql<ColumnRow>`SELECT table_name AS table_name, column_name AS column_name, data_type AS data_type,
          is_nullable AS is_nullable, column_default AS column_default
        FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations'`,
    )
  })
  after(() => stack.drop())

  it('name the tables and columns of the real schema, each with its kind and whether it may be NULL', () => {
    const real: Record<string, Record<string, Column | undefined>> = {}
    for (const { table_name, column_name, data_type, is_nullable } of columns) {
      const kind = KINDS[data_type]
      const table = (real[table_name] ??= {})
      table[column_name] = kind && is_nullable === 'YES' ? `${kind} or null` : kind
    }
    assert.deepEqual(real, ROW_TYPES)
  })

  it('list the values of each ENUM', async () => {
    const rows = await look(
      stack.db,
      sql<{
        name: string
        type: string
      }>`SELECT CONCAT(table_name, '.', column_name) AS name, column_type AS type
        FROM information_schema.columns WHERE table_schema = DATABASE() AND data_type = 'enum'`,
    )
    const wanted = {
      'user_transactions.transaction_type': ['topup', 'charge', 'refund', 'release', 'compensation'],
      'customers.tier': ['free', 'basic', 'premium'],
      'api_keys.mode': ['live', 'test'],
      'webhook_endpoints.kind': ['endpoint', 'callback'],
      'webhook_endpoints.status': ['active', 'disabled'],
      'webhook_deliveries.status': ['pending', 'delivered', 'failed'],
      'operators.state': ['active', 'paused', 'drained'],
      'tariffs.type': ['normal', 'express'],
      'tariffs.per': ['message', 'part'],
      'tariffs.charging': ['acceptance', 'hand_over', 'delivery'],
      'sms_status.charging': ['acceptance', 'hand_over', 'delivery'],
      'sms_requests.type': ['normal', 'express'],
      'sms_requests.on_unknown': ['retry', 'hold'],
      'customers.on_unknown': ['retry', 'hold'],
      'operator_message_parts.delivery_status': ['delivered', 'undelivered'],
      'receipts.state': [
        'applied',
        'repeated',
        'contradicting',
        'intermediate',
        'refunded',
        'other_operator',
      ],
      'receipts.verdict': ['delivered', 'undelivered'],
      'removed_weeks.kind': ['messages', 'ledger'],
      'removed_weeks.state': ['checking', 'sealed', 'closing', 'dropped'],
      'waiting_receipts.state': ['waiting', 'orphan'],
      'sms_status.delivery_status': ['delivered', 'undelivered'],
      'sms_status.status': ['pending', 'sending', 'done', 'failed', 'cancelled'],
      'admin_actions.state': ['requested', 'running', 'done', 'failed'],
      'exports.what': ['messages', 'ledger'],
      'exports.format': ['csv', 'ndjson', 'parquet'],
      'exports.state': ['queued', 'running', 'done', 'failed', 'expired'],
      'report_minutes.type': ['normal', 'express'],
      'report_minutes.result': ['open', 'sent', 'delivered', 'undelivered', 'failed', 'cancelled'],
      'report_quarters.type': ['normal', 'express'],
      'report_quarters.result': ['open', 'sent', 'delivered', 'undelivered', 'failed', 'cancelled'],
      'report_days.type': ['normal', 'express'],
      'report_days.result': ['open', 'sent', 'delivered', 'undelivered', 'failed', 'cancelled'],
      'report_changes.was': ['open', 'sent', 'paid'],
      'report_changes.became': ['sent', 'delivered', 'undelivered', 'failed', 'cancelled', 'returned'],
      'deadline_misses.cause': ['late', 'unsent'],
      'delivery_attempts.result': ['accepted', 'rejected', 'unavailable', 'refused', 'unknown', 'asked'],
    } satisfies EnumValues
    assert.deepEqual(
      Object.fromEntries(
        rows.map(({ name, type }) => [name, [...type.matchAll(/'([^']+)'/g)].map(([, value]) => value)]),
      ),
      wanted,
    )
  })

  it('read a row of each table as the kinds that they say', async () => {
    for (const [table, wanted] of Object.entries(ROW_TYPES)) {
      await look(stack.db, insertOne(table))
      const [row] = await look(
        stack.db,
        sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)} LIMIT 1`,
      )
      assert.ok(row, table)
      for (const [name, column] of Object.entries(wanted)) {
        const kind = kindOfValue(row[name])
        assert.ok(kind === null ? column.endsWith('or null') : column.startsWith(kind), `${table}.${name}`)
      }
    }
  })

  /** A row with a value in every column that has no default. */
  function insertOne(table: string) {
    const needed = columns.filter(
      ({ table_name, is_nullable, column_default }) =>
        table_name === table && is_nullable === 'NO' && column_default === null,
    )
    const values = needed.map(({ data_type, column_name }) => {
      if (data_type === 'binary') return sql`${Buffer.alloc(16, 1)}`
      if (data_type === 'datetime') return sql`NOW(3)`
      if (data_type === 'enum') return sql`1`
      return column_name === 'payload' ? sql`'[]'` : sql`1`
    })
    const names = needed.map(({ column_name }) => sql.ref(column_name))
    return sql`INSERT IGNORE INTO ${sql.table(table)} (${sql.join(names)}) VALUES (${sql.join(values)})`
  }
})

/** Each value once and in the order of the ENUM; one that a type lacks or has more is an error of the compiler. */
type EnumValues = {
  'admin_actions.state': Listed<Schema['admin_actions']['state']>
  'exports.what': Listed<Schema['exports']['what']>
  'exports.format': Listed<Schema['exports']['format']>
  'exports.state': Listed<Schema['exports']['state']>
  'webhook_endpoints.kind': Listed<Schema['webhook_endpoints']['kind']>
  'webhook_endpoints.status': Listed<Read<Schema['webhook_endpoints']['status']>>
  'webhook_deliveries.status': Listed<Schema['webhook_deliveries']['status']>
  'operator_message_parts.delivery_status': Listed<DeliveryStatus>
  'receipts.state': Listed<ReceiptState>
  'receipts.verdict': Listed<DeliveryStatus>
  'removed_weeks.kind': Listed<Schema['removed_weeks']['kind']>
  'removed_weeks.state': Listed<Schema['removed_weeks']['state']>
  'waiting_receipts.state': Listed<WaitingState>
  'sms_status.delivery_status': Listed<DeliveryStatus>
  'customers.tier': Listed<Schema['customers']['tier']>
  'api_keys.mode': Listed<Schema['api_keys']['mode']>
  'operators.state': Listed<Schema['operators']['state']>
  'tariffs.type': Listed<NonNullable<Schema['tariffs']['type']>>
  'tariffs.per': Listed<Schema['tariffs']['per']>
  'tariffs.charging': Listed<Charging>
  'sms_status.charging': Listed<Charging>
  'user_transactions.transaction_type': Listed<Schema['user_transactions']['transaction_type']>
  'sms_requests.type': Listed<Schema['sms_requests']['type']>
  'sms_requests.on_unknown': Listed<OnUnknown>
  'customers.on_unknown': Listed<OnUnknown>
  'sms_status.status': Listed<Schema['sms_status']['status']>
  'report_minutes.type': Listed<Schema['report_minutes']['type']>
  'report_minutes.result': Listed<ReportResult>
  'report_quarters.type': Listed<Schema['report_quarters']['type']>
  'report_quarters.result': Listed<ReportResult>
  'report_days.type': Listed<Schema['report_days']['type']>
  'report_days.result': Listed<ReportResult>
  'report_changes.was': Listed<Schema['report_changes']['was']>
  'report_changes.became': Listed<Schema['report_changes']['became']>
  'deadline_misses.cause': Listed<Schema['deadline_misses']['cause']>
  'delivery_attempts.result': Listed<Schema['delivery_attempts']['result']>
}
type Listed<T extends string, Left extends T = T> = [T] extends [never]
  ? []
  : Left extends T
    ? [Left, ...Listed<Exclude<T, Left>>]
    : never

function kindOfValue(value: unknown): Kind | null {
  if (value === null) return null
  if (typeof value === 'number') return 'number'
  if (Buffer.isBuffer(value)) return 'bytes'
  return value instanceof Date ? 'time' : 'text'
}
