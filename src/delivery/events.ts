import { Counter, lineBudget } from '../platform/telemetry/index.ts'
import type { LogFields, Logger, Registry } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Settlement } from './settle.ts'

/**
 * The facts of this slice: each moves metrics and is told in the log, by a bounded number of lines a second where
 * thousands of messages may meet it at once.
 */
export interface DeliveryEvents {
  /** Endings that took effect, of one settlement. */
  settled(fact: { type: MessageClass; endings: Settlement[] }): void
  /** Endings that changed nothing, because another owner had taken over. */
  late(fact: { type: MessageClass; endings: Settlement[] }): void
  /** Verdicts of operators that could not be written. Their messages stay unfinished and are tried again, marked. */
  verdictLost(fact: { type: MessageClass; endings: Settlement[] }): void
  /** Marked before a try, because an operator may have them already. */
  possibleDuplicates(fact: { type: MessageClass; messages: number }): void
  /** A queue message that could not be understood. */
  unreadable(fact: { type: MessageClass; reason: string }): void
  /** A step failed and is tried again, or left to the outbox. */
  deliveryFailed(fact: { type: MessageClass; step: string; error: unknown }): void
}

export function createDeliveryEvents(logger: Logger, registry: Registry): DeliveryEvents {
  const { outcomes, refunds, refundedAmount, duplicates, unreadables, failures } = deliveryMetrics(registry)
  const say = sparingly(logger)
  return {
    settled({ type, endings }) {
      for (const [outcome, count] of countKinds(endings)) outcomes.inc({ class: type, outcome }, count)
      const failed = endings.filter(({ kind }) => kind === 'failed')
      if (failed.length > 0) {
        refunds.inc({ class: type }, failed.length)
        refundedAmount.inc(
          { class: type },
          failed.reduce((sum, { task }) => sum + task.price, 0),
        )
      }
      // Nearly all are done: without debug lines there is nothing to say of those, nor of the released.
      const toldOf = logger.writes('debug') ? endings : failed
      for (const ending of toldOf) logEnding(logger, say, type, ending)
    },
    late({ type, endings }) {
      outcomes.inc({ class: type, outcome: 'late' }, endings.length)
      for (const { kind, task } of endings) {
        say('warn', 'late answer changed nothing', { class: type, outcome: kind, ...factsOf(task) })
      }
    },
    verdictLost({ type, endings }) {
      outcomes.inc({ class: type, outcome: 'verdict_lost' }, endings.length)
      for (const { kind, task } of endings) {
        say('error', 'verdict could not be written', { class: type, outcome: kind, ...factsOf(task) })
      }
    },
    possibleDuplicates({ type, messages }) {
      duplicates.inc({ class: type }, messages)
      say('warn', 'marked as possible duplicates', { class: type, messages })
    },
    unreadable({ type, reason }) {
      unreadables.inc({ class: type })
      logger.error('unreadable queue message set aside', { class: type, reason })
    },
    deliveryFailed({ type, step, error }) {
      failures.inc({ class: type, step })
      const level = error instanceof Unavailable ? 'warn' : 'error'
      say(level, 'delivery step failed', { class: type, step, error })
    },
  }
}

function countKinds(endings: Settlement[]): Map<Settlement['kind'], number> {
  const counts = new Map<Settlement['kind'], number>()
  for (const { kind } of endings) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

type Say = (level: 'error' | 'warn' | 'info', message: string, fields: LogFields) => void

/** An outage or its end touches thousands of messages at once: beyond this many lines a second they are counted. */
const LINES_PER_SECOND_MAX = 20

function sparingly(logger: Logger): Say {
  const take = lineBudget(LINES_PER_SECOND_MAX)
  return (level, message, fields) => {
    const { granted, leftOut } = take()
    if (granted) logger[level](message, leftOut > 0 ? { ...fields, lines_left_out: leftOut } : fields)
    else logger.debug(message, fields)
  }
}

/** Success is the rule and stays quiet at the default level: one line for each would cost more than its send. */
function logEnding(logger: Logger, say: Say, type: MessageClass, ending: Settlement): void {
  const facts = { class: type, ...factsOf(ending.task) }
  switch (ending.kind) {
    case 'done':
      logger.debug('sent', { ...facts, provider: ending.provider })
      break
    case 'failed':
      say('info', 'failed and refunded', {
        ...facts,
        provider: ending.provider,
        reason: ourWords(ending.reason),
      })
      break
    case 'released':
      logger.debug('to be tried again', { ...facts, reason: ourWords(ending.reason) })
      break
  }
}

/** An operator's own words follow a colon. They may quote the text or the number, and stand in the ledger alone. */
function ourWords(reason: string): string {
  return reason.split(': ', 1)[0] ?? ''
}

function factsOf({ userId, smsIdentifier, recipientNo }: Settlement['task']) {
  return { customer_id: userId, sms_identifier: smsIdentifier, recipient_no: recipientNo }
}

function deliveryMetrics(registry: Registry) {
  const registers = [registry]
  const outcomes = new Counter({
    name: 'chapar_delivery_outcomes_total',
    help: 'Recipients by how a consumer left them: done, failed, released, late (another owner had taken over) or verdict_lost',
    labelNames: ['class', 'outcome'] as const,
    registers,
  })
  const refunds = new Counter({
    name: 'chapar_refunds_total',
    help: 'Recipients whose price went back to the customer',
    labelNames: ['class'] as const,
    registers,
  })
  const refundedAmount = new Counter({
    name: 'chapar_refunded_amount_total',
    help: 'Money that went back to customers, in the smallest unit',
    labelNames: ['class'] as const,
    registers,
  })
  const duplicates = new Counter({
    name: 'chapar_possible_duplicates_total',
    help: 'Recipients whose rows were marked as possible duplicates before a further try',
    labelNames: ['class'] as const,
    registers,
  })
  const unreadables = new Counter({
    name: 'chapar_unreadable_messages_total',
    help: 'Queue messages that could not be understood and went to the dead-letter queue',
    labelNames: ['class'] as const,
    registers,
  })
  const failures = new Counter({
    name: 'chapar_delivery_failures_total',
    help: 'Failed steps of delivery, each tried again or left to the outbox',
    labelNames: ['class', 'step'] as const,
    registers,
  })

  return { outcomes, refunds, refundedAmount, duplicates, unreadables, failures }
}
