import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type {
  AttemptResult,
  DeliveryStatus,
  MissCause,
  ReceiptState,
  TransactionType,
} from '../../db/schema.ts'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import type { RecipientRow } from './readMessage.ts'

// What the tables say of what happened to a message. Nothing else is written for a timeline.

/** Of each kind, on one page. A message has a few for each recipient. */
export const ROWS_MAX = 2_000
const RAW_CHARS_MAX = 1_000

export interface LedgerRow {
  recipient_no: number
  transaction_type: TransactionType
  amount: number
  description: string
  created_at: Date
}

export interface AttemptRow {
  recipient_no: number
  attempt: number
  provider: string
  result: AttemptResult
  reason: string
  route_reason: string
  started_at: Date
  duration_ms: number
  is_hedge: number
}

export interface MissRow {
  recipient_no: number
  cause: MissCause
  guaranteed_by: Date
  ended_at: Date
}

export interface ReceiptRow {
  recipient_no: number
  operator: string
  state: ReceiptState
  verdict: DeliveryStatus | null
  part_no: number | null
  code: string | null
  cause: string | null
  raw: Buffer
  done_at: Date | null
  received_at: Date
}

export interface OperatorIdRow {
  recipient_no: number
  provider: string
  part_no: number | null
  provider_message_id: string
}

export interface QuarantineRow {
  recipient_no: number
  reason: string
  created_at: Date
}

export interface EventRow {
  recipient_no: number
  type: string
  seq: number | null
  occurred_at: Date
}

export interface DeliveryRow {
  seq: number
  endpoint_id: Buffer
  kind: 'endpoint' | 'callback' | null
  event_type: string
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  next_attempt_at: Date | null
  last_attempt_at: Date | null
  last_status: number | null
  last_error: string | null
  created_at: Date
}

/** What happened to some recipients of a message. */
export interface Rows {
  ledger: LedgerRow[]
  attempts: AttemptRow[]
  misses: MissRow[]
  receipts: ReceiptRow[]
  operatorIds: OperatorIdRow[]
  quarantine: QuarantineRow[]
  events: EventRow[]
  deliveries: DeliveryRow[]
}

export async function readRows(
  reader: Reader,
  { id, userId, isGuaranteed }: { id: Buffer; userId: number; isGuaranteed: boolean },
  recipients: RecipientRow[],
): Promise<Rows> {
  const numbers = recipients.map(({ recipient_no }) => recipient_no)
  const select = async <T>(statement: (of: RawBuilder<unknown>) => RawBuilder<T>) =>
    numbers.length === 0
      ? []
      : (await statement(sql`sms_identifier = ${id} AND recipient_no IN (${list(numbers)})`).execute(reader))
          .rows
  const rows = {
    ledger: await readLedger(reader, id, numbers),
    attempts: await select(selectAttempts),
    misses: isGuaranteed ? await select(selectMisses) : [],
    receipts: await select(selectReceipts),
    operatorIds: [...(await select(selectOperatorIds)), ...(await select(selectPartIds))],
    quarantine: await select(selectQuarantine),
  }
  // Most messages make no events.
  if (recipients.every(({ makes_events }) => makes_events === 0))
    return { ...rows, events: [], deliveries: [] }
  const events = [...(await select(selectEvents)), ...(await select((of) => selectUnnumbered(of, userId)))]
  return { ...rows, events, deliveries: await readDeliveries(reader, userId, events) }
}

/** The charge, which is the message's, and the refunds of recipients. */
async function readLedger(reader: Reader, id: Buffer, numbers: number[]): Promise<LedgerRow[]> {
  const { rows } = await sql<LedgerRow>`
    SELECT recipient_no, transaction_type, amount, description, created_at
    FROM user_transactions FORCE INDEX (PRIMARY)
    WHERE transaction_id = ${id} AND recipient_no IN (${list([0, ...numbers])})
    ORDER BY recipient_no, transaction_type LIMIT ${sql.lit(ROWS_MAX)}`.execute(reader)
  return rows
}

const selectAttempts = (of: RawBuilder<unknown>) => sql<AttemptRow>`
  SELECT recipient_no, attempt, provider, result, reason, route_reason, started_at, duration_ms, is_hedge
  FROM delivery_attempts FORCE INDEX (PRIMARY) WHERE ${of}
  ORDER BY recipient_no, attempt, call_no LIMIT ${sql.lit(ROWS_MAX)}`

const selectMisses = (of: RawBuilder<unknown>) => sql<MissRow>`
  SELECT recipient_no, cause, guaranteed_by, ended_at FROM deadline_misses FORCE INDEX (PRIMARY) WHERE ${of}
  ORDER BY recipient_no LIMIT ${sql.lit(ROWS_MAX)}`

const selectReceipts = (of: RawBuilder<unknown>) => sql<ReceiptRow>`
  SELECT recipient_no, operator, state, verdict, part_no, code, cause, LEFT(raw, ${sql.lit(RAW_CHARS_MAX)}) AS raw, done_at,
         received_at
  FROM receipts FORCE INDEX (PRIMARY) WHERE ${of} ORDER BY recipient_no, id LIMIT ${sql.lit(ROWS_MAX)}`

const selectOperatorIds = (of: RawBuilder<unknown>) => sql<OperatorIdRow>`
  SELECT recipient_no, provider, NULL AS part_no, provider_message_id
  FROM operator_messages FORCE INDEX (PRIMARY) WHERE ${of} ORDER BY recipient_no LIMIT ${sql.lit(ROWS_MAX)}`

const selectPartIds = (of: RawBuilder<unknown>) => sql<OperatorIdRow>`
  SELECT recipient_no, provider, part_no, provider_message_id
  FROM operator_message_parts FORCE INDEX (PRIMARY) WHERE ${of}
  ORDER BY recipient_no, provider, part_no LIMIT ${sql.lit(ROWS_MAX)}`

const selectQuarantine = (of: RawBuilder<unknown>) => sql<QuarantineRow>`
  SELECT recipient_no, reason, created_at FROM sms_quarantine FORCE INDEX (PRIMARY) WHERE ${of}
  LIMIT ${sql.lit(ROWS_MAX)}`

const selectEvents = (of: RawBuilder<unknown>) => sql<EventRow>`
  SELECT recipient_no, type, seq, occurred_at FROM event_log FORCE INDEX (idx_event_log_recipient) WHERE ${of}
  ORDER BY recipient_no, version LIMIT ${sql.lit(ROWS_MAX)}`

const selectUnnumbered = (of: RawBuilder<unknown>, userId: number) => sql<EventRow>`
  SELECT recipient_no, type, NULL AS seq, occurred_at FROM event_queue FORCE INDEX (PRIMARY)
  WHERE user_id = ${userId} AND ${of} ORDER BY recipient_no, version LIMIT ${sql.lit(ROWS_MAX)}`

/** An endpoint that was deleted takes its deliveries along. */
async function readDeliveries(reader: Reader, userId: number, events: EventRow[]): Promise<DeliveryRow[]> {
  const seqs = events.flatMap(({ seq }) => seq ?? [])
  if (seqs.length === 0) return []
  const { rows } = await sql<DeliveryRow>`
    SELECT d.seq, d.endpoint_id, e.kind, d.event_type, d.status, d.attempts, d.next_attempt_at, d.last_attempt_at,
           d.last_status, d.last_error, d.created_at
    FROM webhook_deliveries d FORCE INDEX (idx_webhook_deliveries_event)
      LEFT JOIN webhook_endpoints e FORCE INDEX (PRIMARY) ON e.id = d.endpoint_id
    WHERE d.user_id = ${userId} AND d.seq IN (${list(seqs)})
    ORDER BY d.user_id, d.seq LIMIT ${sql.lit(ROWS_MAX)}`.execute(reader)
  return rows
}
