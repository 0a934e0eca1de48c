import assert from 'node:assert/strict'
import { Breaker } from '../../src/operators/breaker.ts'
import type { CallResult, OperatorResult, Submission } from '../../src/operators/contract.ts'
import type { OperatorCall } from '../../src/operators/events.ts'
import { attempt } from '../../src/operators/attempt.ts'
import type { Attempt, Operator } from '../../src/operators/attempt.ts'
import { createPaces } from '../../src/operators/pace.ts'

export const TIMEOUT_MS = 5_000
export const BATCH_SIZE_MAX = 100
/** Long enough that no breaker turns half-open by itself in a test. */
const NEVER_MS = 600_000

export const REFUSING: CallResult = { kind: 'refused', reason: 'HTTP 400', operatorFailed: false }
export const FAILING: CallResult = { kind: 'refused', reason: 'HTTP 500', operatorFailed: true }
export const UNAVAILABLE: CallResult = { kind: 'unavailable', reason: 'HTTP 503' }
export const THROTTLING: CallResult = { kind: 'throttled', reason: 'HTTP 429', retryAfterMs: null }
export const SILENT: CallResult = { kind: 'unknown', reason: 'ECONNRESET' }

export type Behave = (batch: Submission[], timeoutMs: number) => CallResult | Promise<CallResult>

export function answered(batch: Submission[]): Extract<CallResult, { kind: 'answered' }> {
  const results = batch.map(({ reference }) => ({ kind: 'accepted' as const, operatorMessageId: reference }))
  return { kind: 'answered', results }
}

/** A call that contains one of the messages comes to `result`; every other call is accepted. */
export function refuses(poisonous: (Submission | undefined)[], result: CallResult): Behave {
  return (batch) => (batch.some((each) => poisonous.includes(each)) ? result : answered(batch))
}

/** An operator that does what the test says, and remembers how it was called. */
export class ScriptedOperator {
  behave: Behave = answered
  breaker = new Breaker({ resetTimeoutMs: NEVER_MS })
  paces = createPaces()
  /** Messages of each call, in order. */
  readonly sizes: number[] = []
  readonly calls: OperatorCall[] = []

  readonly adapter = {
    name: 'a',
    batchSizeMax: BATCH_SIZE_MAX,
    callsInFlightMax: 16,
    submit: (batch: Submission[], timeoutMs: number) => {
      this.sizes.push(batch.length)
      return Promise.resolve(this.behave(batch, timeoutMs))
    },
    close: () => Promise.resolve(),
  }

  readonly events = {
    operatorCalled: (call: OperatorCall) => void this.calls.push(call),
  }

  /** The operator as normal traffic reaches it. */
  get operator(): Operator {
    return {
      ...{ name: 'a', adapter: this.adapter, breaker: this.breaker, pace: this.paces.normal },
      ...{ deduplicatesReferences: false, keepsOurReference: false },
    }
  }

  attempt(
    batch: Submission[],
    options: { timeoutMs?: number; paceWaitMaxMs?: number; now?: () => number } = {},
  ): Promise<Attempt[]> {
    return attempt(this.operator, batch, { timeoutMs: TIMEOUT_MS, events: this.events, ...options })
  }

  async openBreaker(): Promise<void> {
    for (let ticket = this.breaker.admit(); ticket; ticket = this.breaker.admit()) {
      await this.breaker.record(ticket, true)
    }
    assert.equal(this.breaker.state(), 'open')
  }

  async halfOpenBreaker(): Promise<void> {
    this.breaker.close()
    this.breaker = new Breaker({ resetTimeoutMs: 1 })
    const halfOpen = new Promise<void>((resolve) => {
      this.breaker.onChange((state) => state === 'half-open' && resolve())
    })
    await this.openBreaker()
    await halfOpen
  }
}

export function kinds(attempts: Attempt[]): OperatorResult['kind'][] {
  return attempts.map(({ result }) => result.kind)
}

export function countOf(attempts: Attempt[], kind: OperatorResult['kind']): number {
  return kinds(attempts).filter((each) => each === kind).length
}
