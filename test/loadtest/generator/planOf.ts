import type { GeneratorPlan } from '../../../loadtest/generator/index.ts'

/** A plan of which a test names what matters to it. */
export function planOf(named: Partial<GeneratorPlan> = {}): GeneratorPlan {
  return {
    baseUrl: 'http://127.0.0.1:1',
    ratePerSecond: 100,
    warmUpMs: 0,
    durationMs: 1_000,
    customerFirst: 1,
    customerLast: 100,
    skew: 'uniform',
    seed: 1,
    recipientsPerRequest: 1,
    expressShare: 0,
    text: 'hi',
    connections: 1_000,
    overtimeMs: 1_000,
    ...named,
  }
}
