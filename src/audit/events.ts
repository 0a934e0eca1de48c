import { Counter, Gauge, lineBudget } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Step } from './pass.ts'
import { WALKED } from './pass.ts'
import { TABLE_RULES } from './violation.ts'
import type { Violation } from './violation.ts'

/** The facts of the continuous audit: each moves a metric and writes at most some records. */
export interface AuditEvents {
  examined(step: Pick<Step, 'table' | 'rows' | 'violations'>): void
  /** How long ago a pass was finished, or the first one begun, as the checkpoint says; null before that. */
  passKnown(ageSeconds: number | null): void
  passEnded(): void
  auditFailed(fact: { error: unknown; retryInMs: number }): void
}

/** A violation stays where it is and is met in every pass: so many are remembered as told, 2 MB of them. */
const TOLD_MAX = 10_000
const LINES_PER_SECOND_MAX = 10

export function createAuditEvents(
  logger: Logger,
  registry: Registry,
  nowMs: () => number = () => performance.now(),
): AuditEvents {
  let passEndedAtMs: number | undefined
  const metrics = auditMetrics(registry, () => {
    return passEndedAtMs === undefined ? undefined : (nowMs() - passEndedAtMs) / 1_000
  })
  const takeLine = lineBudget(LINES_PER_SECOND_MAX, nowMs)
  const told = new Set<string>()
  const tell = ({ rule, subject, explanation }: Violation) => {
    const name = `${rule} ${subject}`
    if (told.has(name)) return
    // Of more than can be remembered nobody can say which are new: they are counted each time.
    if (told.size < TOLD_MAX) told.add(name)
    metrics.violations.inc({ rule })
    const { granted, leftOut } = takeLine()
    if (!granted) return
    const beside = leftOut > 0 ? { lines_left_out: leftOut } : {}
    logger.error('the audit found a violation', { rule, subject, explanation, ...beside })
  }
  return {
    examined({ table, rows, violations }) {
      metrics.rows.inc({ table }, rows)
      violations.forEach(tell)
    },
    passKnown(ageSeconds) {
      passEndedAtMs = ageSeconds === null ? undefined : nowMs() - ageSeconds * 1_000
    },
    passEnded() {
      metrics.passes.inc()
      passEndedAtMs = nowMs()
      logger.debug('the audit finished a pass', {})
    },
    auditFailed({ error, retryInMs }) {
      metrics.failures.inc()
      const level = error instanceof Unavailable ? 'warn' : 'error'
      logger[level]('the audit failed', { error, retry_in_ms: retryInMs })
    },
  }
}

function auditMetrics(registry: Registry, passAgeSeconds: () => number | undefined) {
  const registers = [registry]
  const violations = new Counter({
    name: 'chapar_audit_violations_total',
    help: 'Violations that the continuous audit met, each once: more than none is an alarm',
    labelNames: ['rule'] as const,
    registers,
  })
  // A rate that begins with the first violation would miss it.
  for (const rule of Object.keys(TABLE_RULES)) violations.inc({ rule }, 0)
  const rows = new Counter({
    name: 'chapar_audit_rows_total',
    help: 'Rows that the continuous audit examined',
    labelNames: ['table'] as const,
    registers,
  })
  for (const table of WALKED) rows.inc({ table }, 0)
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
  new Gauge({
    name: 'chapar_audit_pass_age_seconds',
    help:
      'Time since a pass of the continuous audit was finished, or the first one begun, by any relay; ' +
      'absent until it is known',
    registers,
    // Taken away while unknown: 0 would look like a pass that has just been finished.
    collect() {
      const seconds = passAgeSeconds()
      if (seconds === undefined) this.remove()
      else this.set(seconds)
    },
  })
  return { violations, rows, passes, failures }
}
