import type { MessageClass, OperatorResult } from '../contract.ts'
import { noCounts } from './slot.ts'
import type { HealthCounts, HealthKey } from './slot.ts'

/** What this process saw since it last told the others. */
export interface Tally {
  /** Messages of one call that have these results. */
  noteCall(
    operator: string,
    type: MessageClass,
    call: { to: string[]; durationMs: number; results: Kinds },
  ): void
  noteDelivery(operator: string, to: string, verdict: 'delivered' | 'undelivered'): void
  /** @returns all counts, and begins anew. */
  take(): (HealthKey & HealthCounts)[]
  /** Gives back counts that could not be told. */
  putBack(counts: readonly (HealthKey & HealthCounts)[]): void
}

/** By position. */
type Kinds = readonly OperatorResult['kind'][]

/** Far more than routes and calling codes can make while the database answers. */
const KEYS_MAX = 50_000

/** @param prefixOf a number's; null while no route follows health: then nothing is counted. */
export function openTally(prefixOf: () => ((to: string) => string) | null): Tally {
  let counts = new Map<string, HealthKey & HealthCounts>()
  const at = (operator: string, prefix: string) => {
    const key = `${prefix} ${operator}`
    const known = counts.get(key)
    if (known || counts.size >= KEYS_MAX) return known
    const added = { operator, prefix, ...noCounts() }
    counts.set(key, added)
    return added
  }
  return {
    noteCall(operator, type, { to, durationMs, results }) {
      const find = prefixOf()
      if (!find) return
      to.forEach((number, position) => {
        const kind = results[position]
        if (kind !== 'accepted' && kind !== 'unavailable' && kind !== 'unknown') return
        const calls = at(operator, find(number))?.calls[type]
        if (!calls) return
        if (kind !== 'accepted') calls.failed++
        else {
          calls.accepted++
          calls.latencyMs += durationMs
        }
      })
    },
    noteDelivery(operator, to, verdict) {
      const find = prefixOf()
      const counted = find && at(operator, find(to))
      if (counted) counted[verdict]++
    },
    take() {
      const taken = [...counts.values()]
      counts = new Map()
      return taken
    },
    putBack(taken) {
      for (const { operator, prefix, calls, delivered, undelivered } of taken) {
        const counted = at(operator, prefix)
        if (!counted) return
        counted.delivered += delivered
        counted.undelivered += undelivered
        for (const type of ['normal', 'express'] as const) {
          counted.calls[type].accepted += calls[type].accepted
          counted.calls[type].failed += calls[type].failed
          counted.calls[type].latencyMs += calls[type].latencyMs
        }
      }
    },
  }
}
