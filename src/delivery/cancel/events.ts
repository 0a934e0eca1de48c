import { Counter } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'
import type { Cancellation } from './cancel.ts'

/** The result of a request to cancel. `repeated`: everything that is cancelled was so before. */
const RESULTS = ['cancelled', 'repeated', 'not_cancellable', 'not_found'] as const

/** The facts of cancellations, in the role that serves requests. */
export interface CancelEvents {
  decided(fact: {
    userId: number
    smsIdentifier: string
    /** Undefined when the customer has no such message. */
    cancellation: Cancellation | undefined
  }): void
}

export function createCancelEvents(logger: Logger, registry: Registry): CancelEvents {
  const registers = [registry]
  const requests = new Counter({
    name: 'chapar_cancel_requests_total',
    help: 'Requests to cancel a message by result',
    labelNames: ['result'] as const,
    registers,
  })
  const recipients = new Counter({
    name: 'chapar_cancelled_recipients_total',
    help: 'Recipients that were cancelled and refunded',
    registers,
  })
  for (const result of RESULTS) requests.inc({ result }, 0)
  return {
    decided({ userId, smsIdentifier, cancellation }) {
      requests.inc({ result: resultOf(cancellation) })
      const cancelled = cancellation?.cancelledNow ?? 0
      if (cancelled === 0) return
      recipients.inc(cancelled)
      logger.info('message cancelled', {
        customer_id: userId,
        sms_identifier: smsIdentifier,
        recipients: cancelled,
      })
    },
  }
}

function resultOf(cancellation: Cancellation | undefined): (typeof RESULTS)[number] {
  if (!cancellation) return 'not_found'
  if (cancellation.cancelledNow > 0) return 'cancelled'
  return cancellation.counts.cancelled > 0 ? 'repeated' : 'not_cancellable'
}
