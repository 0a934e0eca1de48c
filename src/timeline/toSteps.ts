import type { TransactionType } from '../../db/schema.ts'
import { explainFailure } from '../messages/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { RecipientRow, RequestRow } from './readMessage.ts'
import type { AttemptRow, DeliveryRow, MissRow, OperatorIdRow, ReceiptRow, Rows } from './rows.ts'
import type { Step } from './types.ts'

/** @returns what concerns all recipients of a message. */
export function toMessageSteps(request: RequestRow, { ledger }: Pick<Rows, 'ledger'>): Step[] {
  const charges = ledger.filter(({ transaction_type }) => transaction_type === 'charge')
  return inOrder([
    { step: 'accepted', at: request.created_at },
    ...charges.map(({ amount, created_at }) => ({
      ...{ step: 'charged' as const, at: later(created_at, request.created_at), amount: -amount },
    })),
    ...toScheduled(request),
  ])
}

/** For its own time, and then for that of its customer's sending window or rate. */
function toScheduled({ created_at: at, send_at, delayed_until }: RequestRow): Step[] {
  const step = { step: 'scheduled' as const, at }
  return [
    ...(send_at ? [{ ...step, until: send_at, isDelayed: false }] : []),
    ...(delayed_until ? [{ ...step, until: delayed_until, isDelayed: true }] : []),
  ]
}

/** @returns what happened to one recipient, of the rows of several. */
export function toRecipientSteps(row: RecipientRow, all: Rows): Step[] {
  const mine = <T extends { recipient_no: number }>(rows: T[]) =>
    rows.filter(({ recipient_no }) => recipient_no === row.recipient_no)
  const attempts = mine(all.attempts)
  const events = mine(all.events)
  const sequences = new Set(events.map(({ seq }) => seq))
  return inOrder([
    ...attempts.map(toAttempt),
    ...mine(all.misses).map(toMiss),
    ...toEnd(row, attempts, mine(all.operatorIds)),
    ...mine(all.quarantine).map(({ reason, created_at: at }) => ({
      step: 'quarantined' as const,
      at,
      reason,
    })),
    ...mine(all.receipts).map(toReceipt),
    ...mine(all.ledger).flatMap(
      ({ transaction_type: type, amount, description: reason, created_at }): Step[] => {
        const step = RETURNED[type]
        // A refund belongs to the failure, whose time is some milliseconds later.
        const at = step === 'refunded' ? later(created_at, row.updated_at) : created_at
        return step ? [{ step, at, amount, reason }] : []
      },
    ),
    ...events.map(({ type, seq: sequence, occurred_at: at }) => ({
      ...{ step: 'event' as const, at, type, sequence },
    })),
    ...all.deliveries.filter(({ seq }) => sequences.has(seq)).map(toWebhook),
  ])
}

const RETURNED: Partial<Record<TransactionType, 'refunded' | 'released' | 'compensated'>> = {
  ...{ refund: 'refunded', release: 'released', compensation: 'compensated' },
}

/** Money moves in the transaction of its cause, whose statements are some milliseconds apart. */
function later(a: Date, b: Date): Date {
  return a > b ? a : b
}

/** Of what happened in the same millisecond the cause stands first. */
const ORDER: Step['step'][] = [
  ...(['accepted', 'charged', 'scheduled', 'attempt', 'missed', 'sent', 'quarantined', 'receipt'] as const),
  ...(['delivered', 'undelivered', 'failed', 'cancelled'] as const),
  ...(['refunded', 'released', 'compensated', 'event', 'webhook'] as const),
]

function inOrder(steps: Step[]): Step[] {
  const rank = ({ step }: Step) => ORDER.indexOf(step)
  return steps.sort((a, b) => a.at.getTime() - b.at.getTime() || rank(a) - rank(b))
}

function toAttempt(row: AttemptRow): Step {
  return {
    ...{ step: 'attempt', at: row.started_at, attempt: row.attempt, provider: row.provider },
    ...{ result: row.result, reason: row.reason, routeReason: row.route_reason, durationMs: row.duration_ms },
    isHedge: row.is_hedge === 1,
  }
}

/** It was missed when the guarantee was over, whenever it ended. */
function toMiss({ cause, guaranteed_by: at, ended_at: endedAt }: MissRow): Step {
  return { step: 'missed', at, cause, lateByMs: endedAt.getTime() - at.getTime() }
}

/** How its sending ended, and its delivery. */
function toEnd(row: RecipientRow, attempts: AttemptRow[], ids: OperatorIdRow[]): Step[] {
  const { status, provider, updated_at: at } = row
  if (status === 'cancelled') return [{ step: 'cancelled', at }]
  const failure = explainFailure(row)
  if (status === 'failed' && failure) return [{ step: 'failed', at, failure, provider }]
  if (status !== 'done') return []
  const sentAt = row.handed_over_at ?? at
  const operatorIds = ids.map(({ part_no: part, provider_message_id: id, ...named }) => ({
    ...{ provider: named.provider, part, id },
  }))
  return [
    ...(isFirstAccepted(row, attempts) ? [firstAttempt(row, sentAt)] : []),
    { step: 'sent', at: sentAt, provider, operatorIds },
    ...(row.delivery_status === 'delivered' ? [{ step: 'delivered' as const, at }] : []),
    ...(failure ? [{ step: 'undelivered' as const, at, failure, provider }] : []),
  ]
}

/** Its row is left out, because it is the rule. A receipt or a person ends what may have been sent before. */
function isFirstAccepted({ possibly_sent, attempts: count }: RecipientRow, attempts: AttemptRow[]): boolean {
  return attempts.length === 0 && count === 1 && possibly_sent === 0
}

function firstAttempt({ provider }: RecipientRow, at: Date): Step {
  return {
    ...{ step: 'attempt', at, attempt: 1, provider, result: 'accepted', reason: '' },
    ...{ routeReason: null, durationMs: null, isHedge: false },
  }
}

function toReceipt(row: ReceiptRow): Step {
  return {
    ...{
      step: 'receipt',
      at: row.received_at,
      provider: row.operator,
      state: row.state,
      verdict: row.verdict,
    },
    ...{ part: row.part_no, code: row.code, cause: row.cause, doneAt: row.done_at },
    raw: row.raw.toString('utf8'),
  }
}

function toWebhook(row: DeliveryRow): Step {
  return {
    ...{
      step: 'webhook',
      at: row.last_attempt_at ?? row.created_at,
      type: row.event_type,
      sequence: row.seq,
    },
    endpointId: row.kind === 'callback' ? null : identifierFromBytes(row.endpoint_id),
    ...{ status: row.status, attempts: row.attempts, httpStatus: row.last_status, error: row.last_error },
    nextAttemptAt: row.next_attempt_at,
  }
}
