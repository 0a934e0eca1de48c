import type { RemovedKind } from '../../db/schema.ts'
import { Counter, Gauge } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Reason, Week } from './types.ts'

/** The facts of the removal of old rows: each moves a metric and writes at most one record. */
export interface RetentionEvents {
  /** A week that is due goes no further. `dueMs`: for how long it has been due. */
  held(fact: { week: Week; reason: Reason; dueMs: number; error?: unknown }): void
  /** Nothing stands against the oldest week of a kind. */
  free(kind: RemovedKind): void
  removed(week: Week): void
  textsRemoved(messages: number): void
  /** Another process removes: what this one knew is out of date. */
  left(): void
  failed(fact: { error: unknown; retryInMs: number }): void
}

export function createRetentionEvents(logger: Logger, registry: Registry): RetentionEvents {
  const registers = [registry]
  const dueSeconds = new Gauge({
    name: 'chapar_retention_held_seconds',
    help: 'How long the oldest week that is due has been due and is not removed, by kind and by what stands against it',
    labelNames: ['kind', 'reason'] as const,
    registers,
  })
  const weeks = new Counter({
    name: 'chapar_retention_weeks_removed_total',
    help: 'Weeks whose partitions were dropped, of messages and of the ledger',
    labelNames: ['kind'] as const,
    registers,
  })
  const texts = new Counter({
    name: 'chapar_retention_texts_removed_total',
    help: 'Messages whose text was removed and whose numbers were hashed',
    registers,
  })
  const heldBy = new Map<RemovedKind, Reason>()
  const release = (kind: RemovedKind) => {
    const reason = heldBy.get(kind)
    if (reason) dueSeconds.remove({ kind, reason })
    heldBy.delete(kind)
  }
  return {
    held({ week: { kind, belowMs }, reason, dueMs, error }) {
      const isNew = heldBy.get(kind) !== reason
      release(kind)
      heldBy.set(kind, reason)
      dueSeconds.set({ kind, reason }, Math.max(0, dueMs) / 1_000)
      const facts = { kind, week_before: new Date(belowMs).toISOString(), reason }
      if (isNew)
        logger.warn('a week that is due is not removed', error === undefined ? facts : { ...facts, error })
    },
    free: release,
    removed({ kind, belowMs }) {
      release(kind)
      weeks.inc({ kind })
      logger.info('a week was removed', { kind, week_before: new Date(belowMs).toISOString() })
    },
    textsRemoved: (messages) => texts.inc(messages),
    left: () => [...heldBy.keys()].forEach(release),
    failed({ error, retryInMs }) {
      const level = error instanceof Unavailable ? 'warn' : 'error'
      logger[level]('the removal of old rows failed', { error, retry_in_ms: retryInMs })
    },
  }
}
