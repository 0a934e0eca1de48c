import { Counter, oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Claimed } from './jobs/claimNext.ts'
import type { TurnResult } from './jobs/runTurn.ts'
import { CONTENTS } from './types.ts'

/** The facts of exports: each moves metrics and writes at most one record. */
export interface ExportFacts {
  turnEnded(fact: { job: Claimed; result: TurnResult }): void
  failed(fact: { error: unknown; retryInMs: number }): void
}

const RESULTS = ['done', 'failed'] as const

export function createExportFacts(logger: Logger, registry: Registry): ExportFacts {
  const registers = [registry]
  const ended = new Counter({
    name: 'chapar_exports_total',
    help: 'Exports that ended, by what they hold and by result',
    labelNames: ['what', 'result'] as const,
    registers,
  })
  const rows = new Counter({
    name: 'chapar_export_rows_total',
    help: 'Rows that were written to files of exports',
    labelNames: ['what'] as const,
    registers,
  })
  const failures = new Counter({
    name: 'chapar_export_failures_total',
    help: 'Failed rounds of the exports; each is repeated',
    registers,
  })
  for (const what of CONTENTS) {
    rows.inc({ what }, 0)
    for (const result of RESULTS) ended.inc({ what, result }, 0)
  }
  const report = oncePerMinute()
  return {
    turnEnded({ job: { id, userId, what, rows: sum, bytes }, result }) {
      rows.inc({ what }, result.rows)
      const fact = { customer_id: userId, export_id: id, rows: sum, bytes }
      if (result.kind === 'done') logger.info('export done', fact)
      if (result.kind === 'failed') logger.warn('export failed', { ...fact, reason: result.reason })
      if (result.kind === 'done' || result.kind === 'failed') ended.inc({ what, result: result.kind })
    },
    failed({ error, retryInMs }) {
      failures.inc()
      const level = error instanceof Unavailable ? 'warn' : 'error'
      report(String(error), 1, (sum) =>
        logger[level]('could not work on exports; retry scheduled', {
          ...{ error, failures: sum, retry_in_ms: retryInMs },
        }),
      )
    },
  }
}
