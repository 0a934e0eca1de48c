import { Counter, Gauge } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { SCANNED } from './pass.ts'
import { RULES } from './violation.ts'

/** @param ages in seconds; undefined while unknown. */
export function auditMetrics(
  registry: Registry,
  ages: { passAge: () => number | undefined; headAge: () => number | undefined },
) {
  const registers = [registry]
  const violations = new Counter({
    name: 'chapar_audit_violations_total',
    help: 'Violations that the continuous audit met, each once: more than none is an alarm',
    labelNames: ['rule'] as const,
    registers,
  })
  // Starts the counter at 0, because a rate would miss a first violation that creates it.
  for (const rule of Object.keys(RULES)) violations.inc({ rule }, 0)
  const rows = new Counter({
    name: 'chapar_audit_rows_total',
    help: 'Rows that the continuous audit examined',
    labelNames: ['table'] as const,
    registers,
  })
  for (const table of SCANNED) rows.inc({ table }, 0)
  const passes = new Counter({
    name: 'chapar_audit_passes_total',
    help: 'Passes over all tables that the continuous audit finished',
    registers,
  })
  const failures = new Counter({
    name: 'chapar_audit_failures_total',
    help: 'Steps of the continuous audit that failed and are done again',
    registers,
  })
  const age = (name: string, help: string, seconds: () => number | undefined) =>
    new Gauge({
      ...{ name, help, registers },
      // Removed while unknown, because 0 would look like a recent audit.
      collect() {
        const known = seconds()
        if (known === undefined) this.remove()
        else this.set(known)
      },
    })
  age(
    'chapar_audit_pass_age_seconds',
    'Time since a whole pass of the continuous audit ended, or the first one began, in any relay; absent until known',
    ages.passAge,
  )
  age(
    'chapar_audit_head_age_seconds',
    'Age of the newest message that the continuous audit of any relay has examined; absent until known',
    ages.headAge,
  )
  return { violations, rows, passes, failures }
}
