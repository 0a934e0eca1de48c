import { Counter, Gauge, oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'

/** The facts of the log of events: each moves a metric and writes at most one record. */
export interface EventLogFacts {
  sequenced(fact: { events: number }): void
  removed(fact: { events: number }): void
  /** `work` is `sequence` or `remove`. */
  failed(fact: { work: 'sequence' | 'remove'; error: unknown; retryInMs: number }): void
}

export function createEventLogFacts(
  logger: Logger,
  registry: Registry,
  oldestSeconds: () => Promise<number>,
): EventLogFacts {
  const registers = [registry]
  const sequenced = new Counter({
    name: 'chapar_events_sequenced_total',
    help: "Events that got their number in their customer's log",
    registers,
  })
  const removed = new Counter({
    name: 'chapar_events_removed_total',
    help: 'Events that were deleted because their time was over',
    registers,
  })
  const failures = new Counter({
    name: 'chapar_event_log_failures_total',
    help: 'Failed rounds of numbering events or of deleting old ones',
    labelNames: ['work'] as const,
    registers,
  })
  for (const work of ['sequence', 'remove'] as const) failures.inc({ work }, 0)
  const oldest = new Gauge({
    name: 'chapar_events_oldest_unsequenced_seconds',
    help: 'Age of the oldest event without a number; 0 without any',
    registers,
    async collect() {
      // While the database is unavailable, it keeps its last value.
      await oldestSeconds().then(
        (seconds) => oldest.set(seconds),
        () => {},
      )
    },
  })
  const report = oncePerMinute()
  return {
    sequenced: ({ events }) => sequenced.inc(events),
    removed: ({ events }) => removed.inc(events),
    failed({ work, error, retryInMs }) {
      failures.inc({ work })
      const level = error instanceof Unavailable ? 'warn' : 'error'
      report(`${work} ${String(error)}`, 1, (sum) =>
        logger[level]('work on the log of events failed; retry scheduled', {
          ...{ work, error, failures: sum, retry_in_ms: retryInMs },
        }),
      )
    },
  }
}
