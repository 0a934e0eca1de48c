import type { ReceiptState } from '../../db/schema.ts'
import { Counter, Histogram, oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import type { AppliedWaiting } from './applyWaiting.ts'
import type { RawReceipt } from './types.ts'

/** What a receipt came to. `unmatched` counts each try, so that one that waits is counted several times. */
export const RECEIPT_RESULTS: readonly (ReceiptState | 'unmatched' | 'unreadable')[] = [
  'applied',
  'repeated',
  'contradicting',
  'intermediate',
  'refunded',
  'other_operator',
  'unmatched',
  'unreadable',
]

/** The facts of this slice. */
export interface ReceiptEvents {
  /** A request or PDU with receipts is stored, before it is read. */
  stored(fact: Pick<RawReceipt, 'operator'>): void
  /** A request was refused before anything was stored. */
  refused(fact: { code: string; source: string }): void
  applied(fact: AppliedWaiting): void
  /** A round failed, and is retried. */
  applyFailed(error: unknown, retryInMs: number): void
  /** A fault of ours keeps a stored row from being applied: it is listed. */
  setAside(fact: { id: string; error: unknown }): void
  orphansRemoved(count: number): void
  /** The identifier of a late result is lost, and its receipt will match nothing. */
  lateNotStored(fact: { operator: string; error: unknown }): void
}

/** Under load a receipt waits for one transaction; after an outage for as long as that lasted. */
const LAG_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600, 86_400]

/** @param operators all that send receipts: each label exists from the start. */
export function createReceiptEvents(
  logger: Logger,
  registry: Registry,
  operators: readonly string[],
): ReceiptEvents {
  const { stored, results, statuses, lag, proven, late, orphans, removed } = receiptMetrics(
    registry,
    operators,
  )
  const report = oncePerMinute()
  return {
    stored: ({ operator }) => stored.inc({ operator }),
    refused({ code, source }) {
      report(`refused ${code} ${source}`, 1, (requests) =>
        logger.warn('receipts refused', { code, source, requests }),
      )
    },
    applied(fact) {
      for (const { operator, state, ageMs } of fact.matched) {
        results.inc({ operator, result: state })
        lag.observe(Math.max(0, ageMs) / 1_000)
      }
      for (const { operator } of fact.unmatched) results.inc({ operator, result: 'unmatched' })
      for (const { operator } of fact.unreadable) {
        results.inc({ operator, result: 'unreadable' })
        report(`unreadable ${operator}`, 1, (receipts) =>
          logger.warn('receipts cannot be read', { operator, receipts }),
        )
      }
      for (const { operator, status: verdict } of fact.decided) statuses.inc({ operator, verdict })
      proven.inc(fact.proven)
      late.inc(fact.late)
      const listed = fact.orphans + fact.unreadable.length
      orphans.inc(listed)
      if (listed > 0)
        report('orphans', listed, (receipts) =>
          logger.warn('receipts match no message and are listed (npm run receipts)', { receipts }),
        )
      const contradicting = fact.matched.filter(({ state }) => state === 'contradicting').length
      if (contradicting > 0)
        report('contradicting', contradicting, (receipts) =>
          logger.warn('receipts contradict earlier ones and change nothing', { receipts }),
        )
    },
    applyFailed: (error, retryInMs) =>
      logger.warn('could not apply receipts', { error, retry_in_ms: retryInMs }),
    setAside: ({ id, error }) =>
      logger.error('receipt could not be applied and is listed', { receipt_id: id, error }),
    orphansRemoved: (count) => removed.inc(count),
    lateNotStored: ({ operator, error }) =>
      report(`late ${operator}`, 1, (results) =>
        logger.warn('identifiers of late results could not be stored', { operator, results, error }),
      ),
  }
}

function receiptMetrics(registry: Registry, operators: readonly string[]) {
  const registers = [registry]
  const stored = new Counter({
    name: 'chapar_receipt_requests_total',
    help: 'Requests or PDUs with receipts that were stored, by operator',
    labelNames: ['operator'] as const,
    registers,
  })
  const results = new Counter({
    name: 'chapar_receipts_total',
    help: 'Receipts by operator and result; unmatched counts every try',
    labelNames: ['operator', 'result'] as const,
    registers,
  })
  const statuses = new Counter({
    name: 'chapar_delivery_statuses_total',
    help: 'Recipients that got their delivery status, by the operator whose receipt decided',
    labelNames: ['operator', 'verdict'] as const,
    registers,
  })
  const lag = new Histogram({
    name: 'chapar_receipt_lag_seconds',
    help: 'Time from the arrival of a receipt to its application',
    buckets: LAG_BUCKETS_SECONDS,
    registers,
  })
  const proven = new Counter({
    name: 'chapar_receipts_proven_total',
    help: 'Unfinished recipients that a receipt ended as done',
    registers,
  })
  const late = new Counter({
    name: 'chapar_receipts_after_release_total',
    help: 'Receipts that say delivered of messages whose price was released before, and which the customer keeps',
    registers,
  })
  const orphans = new Counter({
    name: 'chapar_receipt_orphans_total',
    help: 'Receipts that matched nothing for a day or cannot be read, and were listed',
    registers,
  })
  const removed = new Counter({
    name: 'chapar_receipt_orphans_removed_total',
    help: 'Listed receipts that were deleted because their time was over',
    registers,
  })
  for (const operator of operators) {
    stored.inc({ operator }, 0)
    for (const result of RECEIPT_RESULTS) results.inc({ operator, result }, 0)
    for (const verdict of ['delivered', 'undelivered']) statuses.inc({ operator, verdict }, 0)
  }
  return { stored, results, statuses, lag, proven, late, orphans, removed }
}
