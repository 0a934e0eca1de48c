import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import type { TestEngine } from '../support/engine.ts'

/** What the engine counted, read from its metrics. */
export interface Counts {
  aAccepted: number
  aRejected: number
  aUnavailable: number
  bAccepted: number
  done: number
  failed: number
  refunds: number
  refunded: number
  duplicates: number
}

export async function countsOf(engine: TestEngine): Promise<Counts> {
  const ofBoth = async (series: (type: string) => string) =>
    (await engine.metric(series('normal'))) + (await engine.metric(series('express')))
  const operator = (name: string, result: string) =>
    engine.metric(`chapar_operator_results_total{operator="operator-${name}",result="${result}"}`)
  return {
    aAccepted: await operator('a', 'accepted'),
    aRejected: await operator('a', 'rejected'),
    aUnavailable: await operator('a', 'unavailable'),
    bAccepted: await operator('b', 'accepted'),
    done: await ofBoth((type) => `chapar_delivery_results_total{class="${type}",result="done"}`),
    failed: await ofBoth((type) => `chapar_delivery_results_total{class="${type}",result="failed"}`),
    refunds: await ofBoth((type) => `chapar_refunds_total{class="${type}"}`),
    refunded: await ofBoth((type) => `chapar_refunded_amount_total{class="${type}"}`),
    duplicates: await ofBoth((type) => `chapar_possible_duplicates_total{class="${type}"}`),
  }
}

/** The state that the gauges of an operator's breakers show; the one that is not closed, if the classes differ. */
export async function stateOf(engine: TestEngine, operator: string): Promise<string> {
  for (const state of ['open', 'half-open', 'closed']) {
    for (const messageClass of ['normal', 'express']) {
      const labels = `operator="operator-${operator}",class="${messageClass}",state="${state}"`
      if ((await engine.metric(`chapar_breaker_state{${labels}}`)) === 1) return state
    }
  }
  return 'none'
}

/** For normal messages; express ones have a breaker of their own. */
export async function isNotClosed(engine: TestEngine, operator: string): Promise<boolean> {
  const closed = `chapar_breaker_state{operator="operator-${operator}",class="normal",state="closed"}`
  return (await engine.metric(closed)) !== 1
}

/** How often each reference came to any of the simulators so far. */
export async function seenBy(simulators: SimulatorProcess[]): Promise<Map<string, number>> {
  const seen = new Map<string, number>()
  for (const { admin } of simulators)
    for await (const record of admin.submissions())
      seen.set(record.reference, (seen.get(record.reference) ?? 0) + record.seen)
  return seen
}
