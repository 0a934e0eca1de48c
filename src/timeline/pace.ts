import { QUEUE_RECIPIENTS_MAX } from '../outbox/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { RunningProcess } from '../processes/index.ts'

/** How fast the consumers work off a class, and what is on its way to an operator. */
export interface ClassPace {
  handedOverPerSecond: number
  /** Claimed by relays and not settled. */
  recipientsInFlight: number
}

/** Of all consumers. What was claimed is bounded by what the queue and they can hold, because schedules look the same. */
export function paceOf(type: MessageClass, processes: RunningProcess[], claimed: number): ClassPace | null {
  const classes = processes.map(({ state }) => state.classes[type])
  const rates = classes.flatMap(({ handedOverPerSecond }) => handedOverPerSecond ?? [])
  if (rates.length === 0) return null
  const inConsumers = classes.reduce((sum, { recipientsInFlight }) => sum + recipientsInFlight, 0)
  return {
    handedOverPerSecond: rates.reduce((sum, rate) => sum + rate, 0),
    recipientsInFlight: Math.min(claimed, inConsumers + QUEUE_RECIPIENTS_MAX),
  }
}
