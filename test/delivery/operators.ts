import { Breaker } from '../../src/operators/breaker.ts'
import type { CallResult, OperatorResult, Submission } from '../../src/operators/contract.ts'
import type { Operator } from '../../src/operators/index.ts'

/** Long enough that no breaker turns half-open by itself in a test. */
const NEVER_MS = 600_000

export type Answer = (batch: Submission[]) => CallResult | Promise<CallResult>

/** An operator at the outside of the engine that does what the test says and remembers its calls. */
export interface TestOperator extends Omit<Operator, 'breaker'> {
  breaker: Breaker
  /** The references of each call, in order. */
  readonly calls: string[][]
  answer: Answer
  openBreaker(): Promise<void>
  halfOpenBreaker(): Promise<void>
}

export function testOperator(name: string, answer: Answer = accepts, batchSizeMax = 100): TestOperator {
  const operator: TestOperator = {
    name,
    breaker: new Breaker({ resetTimeoutMs: NEVER_MS }),
    calls: [],
    answer,
    adapter: {
      name,
      batchSizeMax,
      submit: (batch) => {
        operator.calls.push(batch.map(({ reference }) => reference))
        return Promise.resolve(operator.answer(batch))
      },
      close: () => Promise.resolve(),
    },
    openBreaker: async () => {
      const { breaker } = operator
      for (let ticket = breaker.admit(); ticket; ticket = breaker.admit()) await breaker.record(ticket, true)
    },
    halfOpenBreaker: async () => {
      const breaker = (operator.breaker = new Breaker({ resetTimeoutMs: 1 }))
      const halfOpen = new Promise<void>((resolve) => {
        breaker.onChange((state) => state === 'half-open' && resolve())
      })
      await operator.openBreaker()
      await halfOpen
    },
  }
  return operator
}

export function accepts(batch: Submission[]): CallResult {
  return answers(batch, ({ reference }) => ({ kind: 'accepted', providerMessageId: `id-${reference}` }))
}

/** Says for each message what `outcomeOf` says of it. */
export function answers(batch: Submission[], outcomeOf: (message: Submission) => OperatorResult): CallResult {
  return { kind: 'answered', outcomes: batch.map(outcomeOf), operatorFailed: false }
}

export function saysOfEach(kind: 'rejected' | 'unavailable'): Answer {
  return (batch) => answers(batch, () => ({ kind, reason: `${kind}: so it says` }))
}

/** Its call is under way until the test lets it answer. */
export interface SlowOperator extends TestOperator {
  answerWith(answer: Answer): void
}

export function slowOperator(name: string): SlowOperator {
  const verdict = Promise.withResolvers<Answer>()
  const operator = testOperator(name, async (batch) => (await verdict.promise)(batch))
  return Object.assign(operator, { answerWith: (answer: Answer) => verdict.resolve(answer) })
}
