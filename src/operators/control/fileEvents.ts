import { Counter } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'

/** What a reload did with each operator, by name. */
export interface Reloaded {
  opened: string[]
  kept: string[]
  /** No call begins any more; those in flight end. */
  closed: string[]
}

/** The facts of the operators' file. */
export interface FileEvents {
  /** It was read again. A process that calls no operator takes the receipts of some. */
  fileApplied(fact: Reloaded | { receipts: string[] }): void
  /** It is wrong, and the old one stays in effect. */
  fileRefused(fact: { faults: string[] }): void
}

export function createFileEvents(logger: Logger, registry: Registry): FileEvents {
  const reloads = new Counter({
    name: 'chapar_operators_file_reloads_total',
    help: "Readings of the operators' file after SIGHUP, by result; refused: the old one stays in effect",
    labelNames: ['result'] as const,
    registers: [registry],
  })
  for (const result of ['applied', 'refused']) reloads.inc({ result }, 0)
  return {
    fileApplied(fact) {
      reloads.inc({ result: 'applied' })
      logger.info("operators' file applied", { ...fact })
    },
    fileRefused({ faults }) {
      reloads.inc({ result: 'refused' })
      logger.error("operators' file refused; the old one stays in effect", { faults })
    },
  }
}
