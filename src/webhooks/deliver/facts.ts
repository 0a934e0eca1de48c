import { Counter, Histogram, oncePerMinute } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'
import { identifierFromBytes } from '../../primitives/identifier.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { RESULTS } from '../send/post.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'
import type { Recorded } from './recordTurns.ts'
import type { Attempt } from './runTurn.ts'

/** The facts of deliveries: each moves metrics and writes at most one record. */
export interface DeliveryFacts {
  turnEnded(fact: { endpoint: ClaimedEndpoint; attempts: Attempt[]; recorded: Recorded | undefined }): void
  removed(fact: { deliveries: number }): void
  failed(fact: { error: unknown; retryInMs: number }): void
}

const SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]

export function createDeliveryFacts(logger: Logger, registry: Registry): DeliveryFacts {
  const registers = [registry]
  const attempts = new Counter({
    name: 'chapar_webhook_attempts_total',
    help: 'Attempts to deliver an event, by result',
    labelNames: ['result'] as const,
    registers,
  })
  for (const result of RESULTS) attempts.inc({ result }, 0)
  const seconds = new Histogram({
    name: 'chapar_webhook_attempt_duration_seconds',
    help: 'From the look-up of the name to the last byte of the answer',
    buckets: SECONDS,
    registers,
  })
  const disabled = new Counter({
    name: 'chapar_webhook_endpoints_disabled_total',
    help: 'Endpoints that were disabled: gone (HTTP 410), or failing for days',
    labelNames: ['reason'] as const,
    registers,
  })
  for (const reason of ['gone', 'failing']) disabled.inc({ reason }, 0)
  const lost = new Counter({
    name: 'chapar_webhook_turns_lost_total',
    help: 'Turns whose lease was over before their answers were recorded, so that they are repeated',
    registers,
  })
  const failures = new Counter({
    name: 'chapar_webhook_failures_total',
    help: 'Failed rounds of the delivery of events',
    registers,
  })
  const removed = new Counter({
    name: 'chapar_webhook_deliveries_removed_total',
    help: 'Records of deliveries that were deleted because their time was over',
    registers,
  })
  const report = oncePerMinute()
  return {
    turnEnded({ endpoint, attempts: made, recorded }) {
      for (const { answer } of made) {
        attempts.inc({ result: answer.result })
        seconds.observe(answer.durationMs / 1_000)
      }
      const fact = { customer_id: endpoint.userId, endpoint_id: identifierFromBytes(endpoint.id) }
      if (!recorded) return lost.inc()
      if (recorded.disabled) {
        disabled.inc({ reason: recorded.disabled })
        logger.warn('webhook endpoint disabled; its events are kept', { ...fact, reason: recorded.disabled })
      }
      if (recorded.resumed) logger.info('webhook endpoint resumed', fact)
    },
    removed: ({ deliveries }) => removed.inc(deliveries),
    failed({ error, retryInMs }) {
      failures.inc()
      const level = error instanceof Unavailable ? 'warn' : 'error'
      report(String(error), 1, (sum) =>
        logger[level]('delivery of events failed; retry scheduled', {
          ...{ error, failures: sum, retry_in_ms: retryInMs },
        }),
      )
    },
  }
}
