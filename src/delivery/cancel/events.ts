import { Counter } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'
import type { Cancellation } from './cancel.ts'

/** The result of a request to cancel. `repeated`: everything that is cancelled was so before. */
const RESULTS = ['cancelled', 'repeated', 'not_cancellable', 'not_found'] as const

/** The facts of cancellations, in the role that serves requests. */
export interface CancelEvents {
  decided(fact: {
    userId: number
    /** Of a message. */
    smsIdentifier?: string
    bulkId?: string
    /** Undefined when the customer has no such message or bulk. */
    cancellation: Cancellation | undefined
  }): void
}

export function createCancelEvents(logger: Logger, registry: Registry): CancelEvents {
  const registers = [registry]
  const requests = new Counter({
    name: 'chapar_cancel_requests_total',
    help: 'Requests to cancel a message or a bulk by result',
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
    decided({ userId, smsIdentifier, bulkId, cancellation }) {
      requests.inc({ result: resultOf(cancellation) })
      const cancelled = cancellation?.cancelledNow ?? 0
      if (cancelled === 0) return
      recipients.inc(cancelled)
      logger.info(bulkId === undefined ? 'message cancelled' : 'bulk cancelled', {
        customer_id: userId,
        ...(bulkId === undefined ? { sms_identifier: smsIdentifier } : { bulk_id: bulkId }),
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
