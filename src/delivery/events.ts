import { explainFailure } from '../messages/index.ts'
import type { RecipientKey } from '../messages/index.ts'
import { traceFields } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { isTransient } from './faults.ts'
import { writeSums, writeWithinBudget } from './logLines.ts'
import type { Write, WriteSum } from './logLines.ts'
import type { QuarantineCause, Settlement } from './effects.ts'
import { deliveryMetrics } from './metrics.ts'
import type { HedgeHindrance, HedgeResult, STEPS } from './metrics.ts'

type KeyOfCustomer = RecipientKey & { userId: number; traceparent?: string | undefined }

/**
 * The facts of this slice. Each moves metrics and is logged. Where thousands of messages may meet it at once, it is one line
 * a minute with their count, or a bounded number of lines a second that name each message.
 */
export interface DeliveryEvents {
  /** Settlements that took effect. */
  settled(fact: { type: MessageClass; settlements: Settlement[] }): void
  /** Settlements that changed nothing, because another owner has the recipient or it is finished. */
  stale(fact: { type: MessageClass; settlements: Settlement[] }): void
  /** The database stored neither a result nor the quarantine of its message, which is claimed again, marked. */
  resultLost(fact: { type: MessageClass; settlement: Settlement }): void
  /** Recipients that a claim quarantined. */
  quarantined(fact: { type: MessageClass; cause: QuarantineCause; recipients: KeyOfCustomer[] }): void
  /** Marked before a submission, because an operator may have them already. */
  possibleDuplicates(fact: { type: MessageClass; messages: number }): void
  /** Submitted to this operator although an operator may have had them already; all of them are marked. */
  submittedAgain(fact: { type: MessageClass; operator: string; messages: number }): void
  /** Messages and a second operator: sent to it, accepted by it first, or accepted by both. */
  hedged(fact: { result: HedgeResult; messages: number; operator?: string }): void
  /** Messages whose operator had not answered in time, and that went to no second one. */
  hedgeWithheld(fact: { cause: HedgeHindrance; messages: number }): void
  /** An envelope's recipients were claimed; `ageMs` is that of the oldest. */
  claimed(fact: { type: MessageClass; ageMs: number }): void
  /** Claimed after the lease of another owner expired; `first` is one of them. */
  leasesTakenOver(fact: { type: MessageClass; messages: number; first: KeyOfCustomer | undefined }): void
  /** An unparseable queue message. */
  unreadable(fact: { type: MessageClass; reason: string }): void
  /** A step failed and is retried, or left to the outbox. */
  deliveryFailed(fact: { type: MessageClass; step: (typeof STEPS)[number]; error: unknown }): void
}

export function createDeliveryEvents(logger: Logger, registry: Registry): DeliveryEvents {
  const metrics = deliveryMetrics(registry)
  const write = writeWithinBudget(logger)
  const writeSum = writeSums(logger)
  return {
    settled({ type, settlements }) {
      for (const settlement of settlements) observe(metrics, type, settlement)
      // Nearly all are done: without debug lines only failures and quarantine are logged.
      const isAlwaysLogged = ({ kind }: Settlement) => kind === 'failed' || kind === 'quarantined'
      const logged = logger.writes('debug') ? settlements : settlements.filter(isAlwaysLogged)
      for (const settlement of logged) logSettlement({ logger, write, writeSum }, type, settlement)
    },
    stale({ type, settlements }) {
      metrics.results.inc({ class: type, result: 'stale' }, settlements.length)
      for (const { kind, task } of settlements)
        write('warn', 'stale result ignored (lease lost)', { class: type, result: kind, ...fieldsOf(task) })
    },
    resultLost({ type, settlement: { kind, task } }) {
      metrics.results.inc({ class: type, result: 'lost' })
      write('error', 'failed to persist operator result', { class: type, result: kind, ...fieldsOf(task) })
    },
    quarantined({ type, cause, recipients }) {
      metrics.results.inc({ class: type, result: 'quarantined' }, recipients.length)
      metrics.quarantined.inc({ class: type, cause }, recipients.length)
      for (const each of recipients)
        write('error', 'message quarantined', { class: type, cause, ...fieldsOf(each) })
    },
    possibleDuplicates({ type, messages }) {
      metrics.duplicates.inc({ class: type }, messages)
      writeSum('warn', 'marked as possible duplicates', { by: { class: type }, messages })
    },
    submittedAgain({ type, operator, messages }) {
      metrics.submittedAgain.inc({ class: type, operator }, messages)
    },
    hedged({ result, messages, operator }) {
      metrics.hedges.inc({ result }, messages)
      if (operator !== undefined) metrics.hedgedAt.inc({ operator }, messages)
    },
    hedgeWithheld({ cause, messages }) {
      metrics.hedgesWithheld.inc({ cause }, messages)
    },
    claimed({ type, ageMs }) {
      metrics.claimAges.observe({ class: type }, ageMs / 1_000)
    },
    leasesTakenOver({ type, messages, first }) {
      metrics.takenOver.inc({ class: type }, messages)
      const example = first && fieldsOf(first)
      writeSum('warn', 'expired lease taken over', { by: { class: type }, messages, example })
    },
    unreadable({ type, reason }) {
      metrics.unreadables.inc({ class: type })
      logger.error('message dead-lettered', { class: type, reason })
    },
    deliveryFailed({ type, step, error }) {
      metrics.failures.inc({ class: type, step })
      const level = isTransient(error) ? 'warn' : 'error'
      // Its text may name a row, and so be another one each time.
      const code =
        (error as { code?: string } | null)?.code ?? (error instanceof Error ? error.name : 'fault')
      const by = { class: type, step, code }
      writeSum(level, 'delivery step failed', { by, failures: 1, example: { error } })
    },
  }
}

function observe(
  metrics: ReturnType<typeof deliveryMetrics>,
  type: MessageClass,
  settlement: Settlement,
): void {
  const { kind, task } = settlement
  metrics.results.inc({ class: type, result: kind })
  switch (kind) {
    case 'done':
      metrics.endToEnd.observe({ class: type }, (performance.now() - task.acceptedAtMs) / 1_000)
      break
    case 'failed':
      metrics.failed.inc({ class: type, code: codeOf(settlement) })
      if (task.price > 0) metrics.refunds.inc({ class: type })
      metrics.refundedAmount.inc({ class: type }, task.price)
      break
    case 'quarantined':
      metrics.quarantined.inc({ class: type, cause: settlement.cause })
      break
    case 'released':
      break
  }
}

function codeOf({ task, provider, reason }: Extract<Settlement, { kind: 'failed' }>): string {
  const facts = { status: 'failed', delivery_status: null, provider, failure_reason: reason } as const
  return explainFailure({ ...facts, possibly_sent: task.possiblySent ? 1 : 0 })?.code ?? 'not_accepted'
}

interface Writers {
  logger: Logger
  write: Write
  writeSum: WriteSum
}

/** Success is the rule and stays quiet at the default level: one line for each would cost more than its submission. */
function logSettlement(writers: Writers, type: MessageClass, settlement: Settlement): void {
  const { logger, write, writeSum } = writers
  const example = fieldsOf(settlement.task)
  const facts = { class: type, ...example }
  switch (settlement.kind) {
    case 'done':
      logger.debug('sent', { ...facts, provider: settlement.operator.name })
      break
    case 'failed': {
      const { provider, reason } = settlement
      const by = { class: type, provider, reason: ownWords(reason) }
      writeSum('info', 'failed and refunded', { by, messages: 1, example })
      break
    }
    case 'released':
      logger.debug('retry scheduled', { ...facts, reason: ownWords(settlement.reason) })
      break
    case 'quarantined': {
      const { cause, reason } = settlement
      write('error', 'message quarantined', { ...facts, cause, reason: ownWords(reason) })
      break
    }
  }
}

/** An operator's own words follow a colon. They may quote the text or the number, and stand in the ledger alone. */
function ownWords(reason: string): string {
  return reason.split(': ', 1)[0] ?? ''
}

function fieldsOf({ userId, smsIdentifier, recipientNo, traceparent }: KeyOfCustomer) {
  const key = { customer_id: userId, sms_identifier: smsIdentifier, recipient_no: recipientNo }
  return { ...key, ...traceFields(traceparent) }
}
