import { Breaker } from '../../src/operators/breaker.ts'
import type { CallResult, Outcome, Submission } from '../../src/operators/contract.ts'
import type { Operator } from '../../src/operators/index.ts'

/** Long enough that no breaker turns half-open by itself in a test. */
const NEVER_MS = 600_000

export type Answer = (batch: Submission[]) => CallResult | Promise<CallResult>

/** An operator at the outside of the engine that does what the test says and remembers its calls. */
export interface TestOperator extends Operator {
  /** The references of each call, in order. */
  readonly calls: string[][]
  answer: Answer
  openBreaker(): Promise<void>
}

export function testOperator(name: string, answer: Answer = accepts): TestOperator {
  const breaker = new Breaker({ resetTimeoutMs: NEVER_MS })
  const operator: TestOperator = {
    name,
    breaker,
    calls: [],
    answer,
    adapter: {
      name,
      batchSizeMax: 100,
      submit: (batch) => {
        operator.calls.push(batch.map(({ reference }) => reference))
        return Promise.resolve(operator.answer(batch))
      },
      close: () => Promise.resolve(),
    },
    openBreaker: async () => {
      for (let ticket = breaker.admit(); ticket; ticket = breaker.admit()) await breaker.record(ticket, true)
    },
  }
  return operator
}

export function accepts(batch: Submission[]): CallResult {
  return answers(batch, ({ reference }) => ({ kind: 'accepted', providerMessageId: `id-${reference}` }))
}

/** Says for each message what `outcomeOf` says of it. */
export function answers(batch: Submission[], outcomeOf: (message: Submission) => Outcome): CallResult {
  return { kind: 'answered', outcomes: batch.map(outcomeOf), operatorFailed: false }
}

export function saysOfEach(kind: 'rejected' | 'unavailable'): Answer {
  return (batch) => answers(batch, () => ({ kind, reason: `${kind}: so it says` }))
}

/** A promise that the test resolves, for a call that is to be under way while something else happens. */
export function held<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  return Promise.withResolvers<T>()
}
