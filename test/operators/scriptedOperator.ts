import assert from 'node:assert/strict'
import { Breaker } from '../../src/operators/breaker.ts'
import type { CallResult, OperatorResult, Submission } from '../../src/operators/contract.ts'
import type { OperatorCall } from '../../src/operators/events.ts'
import { attempt } from '../../src/operators/attempt.ts'
import type { Attempt } from '../../src/operators/attempt.ts'

export const TIMEOUT_MS = 5_000
export const BATCH_SIZE_MAX = 100
/** Long enough that no breaker turns half-open by itself in a test. */
const NEVER_MS = 600_000

export const REJECTING: CallResult = {
  kind: 'refused',
  reason: 'HTTP 400',
  alone: { kind: 'rejected', reason: 'HTTP 400' },
  operatorFailed: false,
}
export const FAILING: CallResult = {
  kind: 'refused',
  reason: 'HTTP 500',
  alone: { kind: 'unavailable', reason: 'HTTP 500' },
  operatorFailed: true,
}
export const AWAY: CallResult = { kind: 'unavailable', reason: 'HTTP 503', operatorFailed: true }
export const SILENT: CallResult = { kind: 'unknown', reason: 'ECONNRESET', operatorFailed: true }

export type Behave = (batch: Submission[], timeoutMs: number) => CallResult | Promise<CallResult>

export function accepts(batch: Submission[]): CallResult {
  const outcomes = batch.map(({ reference }) => ({ kind: 'accepted' as const, providerMessageId: reference }))
  return { kind: 'answered', outcomes, operatorFailed: false }
}

export function chokesOn(poison: (Submission | undefined)[], result: CallResult): Behave {
  return (batch) => (batch.some((each) => poison.includes(each)) ? result : accepts(batch))
}

/** An operator that does what the test says, and remembers how it was called. */
export class ScriptedOperator {
  behave: Behave = accepts
  breaker = new Breaker({ resetTimeoutMs: NEVER_MS })
  /** Messages of each call, in order. */
  readonly sizes: number[] = []
  readonly calls: OperatorCall[] = []

  readonly adapter = {
    name: 'a',
    batchSizeMax: BATCH_SIZE_MAX,
    submit: (batch: Submission[], timeoutMs: number) => {
      this.sizes.push(batch.length)
      return Promise.resolve(this.behave(batch, timeoutMs))
    },
    close: () => Promise.resolve(),
  }

  readonly events = {
    operatorCalled: (call: OperatorCall) => void this.calls.push(call),
    breakerChanged: () => undefined,
  }

  attempt(batch: Submission[], options: { timeoutMs?: number; now?: () => number } = {}): Promise<Attempt[]> {
    const operator = { name: 'a', adapter: this.adapter, breaker: this.breaker }
    return attempt(operator, batch, { timeoutMs: TIMEOUT_MS, events: this.events, ...options })
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

export function kinds(tried: Attempt[]): OperatorResult['kind'][] {
  return tried.map(({ outcome }) => outcome.kind)
}

export function countOf(tried: Attempt[], kind: string): number {
  return kinds(tried).filter((each) => each === kind).length
}
