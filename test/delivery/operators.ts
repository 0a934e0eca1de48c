import { Breaker } from '../../src/operators/breaker.ts'
import type { CallResult, OperatorResult, QueryAnswer, Submission } from '../../src/operators/contract.ts'
import type { Operator } from '../../src/operators/index.ts'

/** Long enough that no breaker turns half-open by itself in a test. */
const NEVER_MS = 600_000

export const UNAVAILABLE: CallResult = { kind: 'unavailable', reason: 'HTTP 503' }
export const SILENT: CallResult = { kind: 'unknown', reason: 'no answer' }

/** What it says of a message when it is asked. */
export type Knows = (message: Submission) => QueryAnswer | Promise<QueryAnswer>

export type Answer = (batch: Submission[]) => CallResult | Promise<CallResult>

/** An operator at the outside of the engine that does what the test says and remembers its calls. */
export interface TestOperator extends Omit<Operator, 'breaker' | 'pace' | 'deduplicatesReferences'> {
  breaker: Breaker
  pace: TestPace
  deduplicatesReferences: boolean
  /** The references of each call, in order. */
  readonly calls: string[][]
  answer: Answer
  /** The references of each question, in order. */
  readonly questions: string[][]
  /** Undefined: it cannot be asked. */
  knows: Knows | undefined
  openBreaker(): Promise<void>
  halfOpenBreaker(): Promise<void>
}

/** A pace that a test sets. */
export type TestPace = Operator['pace'] & { readyAt: number }

export interface TestOperatorSettings {
  batchSizeMax?: number
  deduplicatesReferences?: boolean
  keepsOurReference?: boolean
}

export function testOperator(
  name: string,
  answer: Answer = accepts,
  settings: TestOperatorSettings = {},
): TestOperator {
  const { batchSizeMax = 100, deduplicatesReferences = false, keepsOurReference = true } = settings
  const operator: TestOperator = {
    ...{ name, deduplicatesReferences, keepsOurReference },
    breaker: new Breaker({ resetTimeoutMs: NEVER_MS }),
    pace: testPace(),
    calls: [],
    questions: [],
    knows: undefined,
    answer,
    adapter: {
      ...{ name, batchSizeMax, callsInFlightMax: 1_000 },
      submit: (batch) => {
        operator.calls.push(batch.map(({ reference }) => reference))
        return Promise.resolve(operator.answer(batch))
      },
      get query() {
        const { knows } = operator
        if (!knows) return undefined
        return async (batch: Submission[]) => {
          operator.questions.push(batch.map(({ reference }) => reference))
          return Promise.all(batch.map(async (message) => knows(message)))
        }
      },
      close: () => Promise.resolve(),
      // A getter, because a test may let it know later.
    } as Operator['adapter'],
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

function testPace(): TestPace {
  const pace: TestPace = {
    readyAt: 0,
    readyAtMs: () => pace.readyAt,
    acquire: () => Promise.resolve(pace.readyAt <= performance.now()),
    begin: () => 0,
    admitted: () => undefined,
    throttled: () => undefined,
    callsPerSecond: () => null,
  }
  return pace
}

export function accepts(batch: Submission[]): CallResult {
  return answers(batch, ({ reference }) => ({ kind: 'accepted', operatorMessageId: `id-${reference}` }))
}

/** Says for each message what `resultOf` says of it. */
export function answers(batch: Submission[], resultOf: (message: Submission) => OperatorResult): CallResult {
  return { kind: 'answered', results: batch.map(resultOf) }
}

export function saysOfEach(kind: 'rejected' | 'unavailable' | 'unknown'): Answer {
  return (batch) => answers(batch, () => ({ kind, reason: `${kind}: so it says` }))
}

/** A call in flight until the test lets the operator answer. */
export interface SlowOperator extends TestOperator {
  answerWith(answer: Answer): void
}

export function slowOperator(name: string, settings: TestOperatorSettings = {}): SlowOperator {
  const verdict = Promise.withResolvers<Answer>()
  const operator = testOperator(name, async (batch) => (await verdict.promise)(batch), settings)
  return Object.assign(operator, { answerWith: (answer: Answer) => verdict.resolve(answer) })
}
