import { Counter, oncePerMinute } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'

/**
 * The result of one question: a final answer, none so far (`pending`), that the operator does not have the message or cannot
 * say, that it could not be asked, or that its time is over (`ended`).
 */
const POLL_ANSWERS = [
  ...(['delivered', 'undelivered', 'pending', 'not_taken', 'not_known', 'not_asked', 'ended'] as const),
]

export interface PollEvents {
  polled(fact: { operator: string; answer: (typeof POLL_ANSWERS)[number] }): void
  pollFailed(error: unknown, retryInMs: number): void
}

/** @param operators that are polled: each label exists from the start. */
export function createPollEvents(
  logger: Logger,
  registry: Registry,
  operators: readonly string[],
): PollEvents {
  const polls = new Counter({
    name: 'chapar_receipt_polls_total',
    help: 'Messages that operators without receipts were asked about, by answer',
    labelNames: ['operator', 'answer'] as const,
    registers: [registry],
  })
  for (const operator of operators) for (const answer of POLL_ANSWERS) polls.inc({ operator, answer }, 0)
  const report = oncePerMinute()
  return {
    polled: ({ operator, answer }) => {
      polls.inc({ operator, answer })
      if (answer === 'ended')
        report(`ended ${operator}`, 1, (messages) =>
          logger.warn('operator gave no final answer in time and is asked no more', { operator, messages }),
        )
    },
    pollFailed: (error, retryInMs) =>
      logger.warn('could not poll for receipts', { error, retry_in_ms: retryInMs }),
  }
}
