import { lineBudget } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Checkpoint } from './checkpoint.ts'
import { auditMetrics } from './metrics.ts'
import type { Step } from './pass.ts'
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
