import { Counter } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import type { Misses } from './types.ts'

/** The facts of this slice. */
export interface DeadlineEvents {
  /** A transaction ended recipients after their guarantees. */
  missed(misses: Misses): void
  /** Prices were given back for misses; in the smallest unit. */
  compensated(fact: { recipients: number; amount: number }): void
}

export function createDeadlineEvents(registry: Registry): DeadlineEvents {
  const registers = [registry]
  const misses = new Counter({
    name: 'chapar_deadline_misses_total',
    help: 'Express recipients that were handed over after their guarantee (late) or failed after it (unsent)',
    labelNames: ['cause'] as const,
    registers,
  })
  const compensations = new Counter({
    name: 'chapar_deadline_compensations_total',
    help: 'Recipients whose price was given back because their guarantee was missed',
    registers,
  })
  const amount = new Counter({
    name: 'chapar_deadline_compensated_amount_total',
    help: 'Money that was given back for missed guarantees, in the smallest unit',
    registers,
  })
  for (const cause of ['late', 'unsent'] as const) misses.inc({ cause }, 0)
  return {
    missed({ late, unsent }) {
      misses.inc({ cause: 'late' }, late)
      misses.inc({ cause: 'unsent' }, unsent)
    },
    compensated(fact) {
      compensations.inc(fact.recipients)
      amount.inc(fact.amount)
    },
  }
}
