import { Counter, Gauge, lineBudget } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Step } from './pass.ts'
import { SCANNED } from './pass.ts'
import { RULES } from './violation.ts'
import type { Violation } from './violation.ts'

/** The facts of the continuous audit: each moves a metric and writes at most some records. */
export interface AuditEvents {
  examined(step: Pick<Step, 'table' | 'rows' | 'violations'>): void
  /** The progress of all relays, from the checkpoint. */
  known(checkpoint: Pick<Checkpoint, 'passAgeSeconds' | 'headAgeSeconds'>): void
  /** Messages accepted up to `ageMs` ago have been audited. */
  headMoved(ageMs: number): void
  passEnded(): void
  auditFailed(fact: { error: unknown; retryInMs: number }): void
}

/** A violation is found again in every pass. This many reported ones are remembered, some 2 MB. */
const REPORTED_MAX = 10_000
const LINES_PER_SECOND_MAX = 10

export function createAuditEvents(
  logger: Logger,
  registry: Registry,
  nowMs: () => number = () => performance.now(),
): AuditEvents {
  let passEndedAtMs: number | undefined
  let headAtMs: number | undefined
  const ageOf = (atMs: number | undefined) => (atMs === undefined ? undefined : (nowMs() - atMs) / 1_000)
  const metrics = auditMetrics(registry, {
    passAge: () => ageOf(passEndedAtMs),
    headAge: () => ageOf(headAtMs),
  })
  const takeLine = lineBudget(LINES_PER_SECOND_MAX, nowMs)
  const reported = new Set<string>()
  const report = ({ rule, subject, explanation }: Violation) => {
    const name = `${rule} ${subject}`
    if (reported.has(name)) return
    // Beyond the limit it is unknown which violations are new, so they are counted each time.
    if (reported.size < REPORTED_MAX) reported.add(name)
    metrics.violations.inc({ rule })
    const { granted, leftOut } = takeLine()
    if (!granted) return
    const beside = leftOut > 0 ? { lines_left_out: leftOut } : {}
    logger.error('the audit found a violation', { rule, subject, explanation, ...beside })
  }
  return {
    examined({ table, rows, violations }) {
      metrics.rows.inc({ table }, rows)
      violations.forEach(report)
    },
    known({ passAgeSeconds, headAgeSeconds }) {
      const atMs = (ageSeconds: number | null) =>
        ageSeconds === null ? undefined : nowMs() - ageSeconds * 1_000
      passEndedAtMs = atMs(passAgeSeconds)
      headAtMs = atMs(headAgeSeconds)
    },
    headMoved(ageMs) {
      headAtMs = nowMs() - ageMs
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

/** @param ages in seconds; undefined while unknown. */
function auditMetrics(
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
