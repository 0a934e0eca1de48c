import { Counter, Gauge, oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Folded } from './fold.ts'
import type { Lag } from './readLag.ts'

type Work = 'fold' | 'remove'

/** The facts of the rollups: each moves a metric and writes at most one record. */
export interface ReportFacts {
  folded(fact: Folded): void
  failed(fact: { work: Work; error: unknown; retryInMs: number }): void
}

export function createReportFacts(
  logger: Logger,
  registry: Registry,
  readLag: () => Promise<Lag>,
): ReportFacts {
  const registers = [registry]
  const recipients = new Counter({
    name: 'chapar_reports_recipients_total',
    help: 'Recipients that were counted into the rollups of reports',
    registers,
  })
  const changes = new Counter({
    name: 'chapar_reports_changes_total',
    help: 'Changes of counted recipients that were counted into the rollups of reports',
    registers,
  })
  const failures = new Counter({
    name: 'chapar_reports_failures_total',
    help: 'Failed rounds of counting messages into rollups or of deleting old rollups',
    labelNames: ['work'] as const,
    registers,
  })
  for (const work of ['fold', 'remove'] as const) failures.inc({ work }, 0)
  const behind = new Gauge({
    name: 'chapar_reports_behind_seconds',
    help: 'Age of the newest message that the rollups of reports include; 0 while there is no message',
    registers,
    async collect() {
      // While the database is unavailable, both keep their last values.
      await readLag().then(
        (lag) => {
          behind.set(lag.behindSeconds)
          waiting.set(lag.changesWaiting)
        },
        () => {},
      )
    },
  })
  const waiting = new Gauge({
    name: 'chapar_reports_changes_waiting',
    help: 'Changes of counted recipients that wait to be counted, up to 100000',
    registers,
  })
  const report = oncePerMinute()
  return {
    folded(folded) {
      if (folded.kind === 'folded') {
        recipients.inc(folded.recipients)
        changes.inc(folded.changes)
      }
      if (folded.kind === 'older_process')
        report(folded.kind, 1, () =>
          logger.warn('reports wait: a process of a version that leaves no notes for them runs'),
        )
    },
    failed({ work, error, retryInMs }) {
      failures.inc({ work })
      const level = error instanceof Unavailable ? 'warn' : 'error'
      report(`${work} ${String(error)}`, 1, (sum) =>
        logger[level]('work on the rollups of reports failed; retry scheduled', {
          ...{ work, error, failures: sum, retry_in_ms: retryInMs },
        }),
      )
    },
  }
}
