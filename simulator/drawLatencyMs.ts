import { LATENCY_MS_MAX } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import type { Random } from './random.ts'

/** @returns how long one call takes. */
export function drawLatencyMs(latency: Behaviour['latency'], random: Random): number {
  switch (latency.kind) {
    case 'fixed':
      return latency.ms
    case 'uniform':
      return latency.minMs + random() * (latency.maxMs - latency.minMs)
    case 'lognormal': {
      const radius = Math.sqrt(-2 * Math.log(1 - random()))
      const normal = radius * Math.cos(2 * Math.PI * random())
      return Math.min(LATENCY_MS_MAX, latency.medianMs * Math.exp(latency.sigma * normal))
    }
  }
}
