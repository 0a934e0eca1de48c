import assert from 'node:assert/strict'
import { explainWaiting } from '../../src/timeline/explainWaiting.ts'
import type { WaitingFacts } from '../../src/timeline/explainWaiting.ts'
import { sayWaiting } from '../../src/timeline/sayWaiting.ts'
import type { WaitingRow } from '../../src/outbox/index.ts'

const NOW = new Date('2026-01-19T08:30:00.000Z')
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000)
const iso = (seconds: number) => at(seconds).toISOString()

const NOTHING: WaitingFacts = {
  ...{ now: NOW, type: 'normal', isSubmitted: false, isUnknown: false, leaseUntil: null, sendAt: null },
  ...{ quarantined: undefined, row: undefined, before: undefined, blocked: undefined, pace: null },
  missing: [],
}
const PACE = { handedOverPerSecond: 50, recipientsInFlight: 100 }
const rowOf = (changes: Partial<WaitingRow>): WaitingRow => ({
  ...{ id: Buffer.alloc(16), key: 0, condition: 'waiting', until: null, lastError: null, first: 1, last: 1 },
  scheduledBy: null,
  ...changes,
})
const READY = rowOf({ condition: 'ready' })
const STOPPED = [
  {
    name: 'a',
    state: 'paused' as const,
    since: at(-60),
    by: 'admin key from 192.0.2.7',
    reason: 'maintenance',
  },
  { name: 'b', state: 'drained' as const, since: at(-30), by: 'somebody', reason: null },
]
const UNREACHABLE = { name: 'b', state: 'unreachable' as const, since: at(-10), by: null, reason: null }

const explain = (facts: Partial<WaitingFacts>) => explainWaiting({ ...NOTHING, ...facts })
const say = (facts: Partial<WaitingFacts>, forStaff = false) => sayWaiting(explain(facts), { forStaff })
const estimate = (facts: Partial<WaitingFacts>) => explain(facts).handOverAt?.toISOString() ?? null

describe('what a recipient waits for', () => {
  it('is a decision while it is quarantined, whose reason is for staff alone', () => {
    const facts = { quarantined: { reason: 'accepted by a as 9C41', since: at(-5) }, isSubmitted: true }
    assert.equal(
      say(facts),
      `In quarantine since ${iso(-5)}: an operator may have it, and a person or a receipt decides.`,
    )
    assert.match(say(facts, true), /decides \(accepted by a as 9C41\)\.$/)
    assert.equal(estimate({ ...facts, pace: PACE }), null)
  })

  it('is its operator while it is submitted, and then another consumer', () => {
    const facts = { isSubmitted: true, leaseUntil: at(7), row: rowOf({ until: at(40) }), pace: PACE }
    assert.equal(say(facts), `A consumer is submitting it to an operator; its lease ends at ${iso(7)}.`)
    assert.equal(estimate(facts), iso(0))
    assert.equal(
      say({ ...facts, leaseUntil: at(-1) }),
      `The lease of its consumer ended at ${iso(-1)} without a result; another one takes over after ${iso(40)}.`,
    )
  })

  it('is the word of an operator or a receipt when one may have it, whatever else stops it', () => {
    const facts = { isUnknown: true, row: rowOf({ until: at(30), lastError: 'held' }), blocked: STOPPED }
    assert.equal(
      say(facts),
      `An operator may have it and has not said so; a receipt ends it, and it is examined again at ${iso(30)}.`,
    )
    assert.equal(estimate({ ...facts, pace: PACE }), null)
  })

  it('is its time, whatever happens to the operators until then', () => {
    const facts = { sendAt: at(3_600), row: rowOf({ until: at(3_600) }), blocked: STOPPED }
    assert.deepEqual([say(facts), estimate(facts)], [`Scheduled for ${iso(3_600)}.`, iso(3_600)])
    assert.equal(explain({ ...facts, sendAt: at(0) }).for, 'operators_stopped')
  })

  it('is the time at which its sending window or rate lets it leave, whatever else stops it until then', () => {
    const of = (scheduledBy: 'window' | 'rate') => ({
      row: rowOf({ until: at(600), scheduledBy }),
      blocked: STOPPED,
    })
    assert.equal(say(of('window')), `Its customer's sending window lets it leave at ${iso(600)}.`)
    assert.equal(say(of('rate')), `Its customer's sending rate lets it leave at ${iso(600)}.`)
    assert.equal(estimate(of('rate')), iso(600))
    const due = { row: rowOf({ until: at(-1), scheduledBy: 'rate' as const }) }
    assert.equal(explain(due).for, 'relay')
  })

  it('is a relay or a consumer as well, where it needs one that does not run', () => {
    const turn = { row: READY, before: { recipients: 0, isLeast: false }, pace: PACE }
    assert.equal(say({ ...turn, missing: ['relay'] }), 'The next of all normal messages.')
    assert.equal(
      say({ ...turn, missing: ['relay'] }, true),
      'The next of all normal messages. No relay has reported of late.',
    )
    assert.equal(estimate({ ...turn, missing: ['relay'] }), null)
    const retry = { row: rowOf({ until: at(15), lastError: 'HTTP 503' }), missing: ['consumer'] as const }
    assert.equal(
      say(retry, true),
      `Its next attempt is at ${iso(15)}, after: HTTP 503. No consumer has reported of late.`,
    )
    const scheduled = { sendAt: at(60), missing: ['relay', 'consumer'] as const }
    assert.deepEqual([say(scheduled), estimate(scheduled)], [`Scheduled for ${iso(60)}.`, iso(60)])
  })

  it('is an operator while all are stopped, by whom and why for staff', () => {
    const facts = { row: READY, blocked: STOPPED, pace: PACE }
    assert.equal(say(facts), `All operators of its route are paused or drained since ${iso(-30)}.`)
    assert.equal(
      say(facts, true),
      `All operators of its route are paused or drained since ${iso(-30)} ` +
        `(a: paused since ${iso(-60)} by admin key from 192.0.2.7, maintenance; b: drained since ${iso(-30)} by somebody).`,
    )
    assert.equal(estimate(facts), null)
  })

  it('is an operator that can be reached, also after its back-off', () => {
    const blocked = [STOPPED[0]!, UNREACHABLE]
    const facts = { blocked, row: rowOf({ until: at(15), lastError: 'HTTP 503' }) }
    assert.equal(
      say(facts),
      `No operator of its route can be reached since ${iso(-10)}; its next attempt is due at ${iso(15)}.`,
    )
    assert.match(say(facts, true), /\(a: paused .*; b: circuit breaker open since .*\); its next/)
    const leased = { blocked, row: rowOf({ until: at(50) }) }
    assert.equal(say(leased), `No operator of its route can be reached since ${iso(-10)}.`)
  })

  it('is its back-off, with the reason of the last attempt', () => {
    const facts = { row: rowOf({ until: at(15), lastError: 'HTTP 503' }) }
    assert.equal(say(facts), `Its next attempt is at ${iso(15)}, after: HTTP 503.`)
    assert.equal(estimate(facts), iso(15))
  })

  it('is what has it after the relay, until the lease ends', () => {
    const facts = { row: rowOf({ until: at(58) }), pace: PACE }
    assert.equal(
      say(facts),
      `A relay, the queue or a consumer has it until ${iso(58)}; without a result it is then published again.`,
    )
    assert.equal(estimate(facts), iso(1))
  })

  it('is the relay when it is due', () => {
    const facts = { row: rowOf({ until: at(-3), lastError: 'HTTP 503' }) }
    assert.equal(say(facts), `Due since ${iso(-3)}; the next relay takes it, after: HTTP 503.`)
    const behind = { ...facts, before: { recipients: 900, isLeast: false }, pace: PACE }
    assert.equal(
      say(behind),
      `Due since ${iso(-3)}, after: HTTP 503; about 900 due normal recipients are before it.`,
    )
    assert.equal(estimate(behind), iso(20))
  })

  it('is those before it, and about how long they take', () => {
    const before = { recipients: 41_200, isLeast: false }
    const facts = { row: READY, before, pace: PACE }
    assert.equal(say(facts), 'About 41,200 normal recipients are before it.')
    assert.equal(estimate(facts), iso((41_200 + 100) / 50))
    const least = { ...facts, before: { recipients: 1_000_000, isLeast: true } }
    assert.equal(say(least), 'More than 1,000,000 normal recipients are before it.')
    assert.equal(estimate(least), null)
    assert.equal(
      say({ ...facts, before: { recipients: 0, isLeast: false } }),
      'The next of all normal messages.',
    )
  })

  it('has no estimate while nobody says how fast it goes, or nothing moves', () => {
    const facts = { row: READY, before: { recipients: 5, isLeast: false } }
    assert.equal(estimate(facts), null)
    assert.equal(estimate({ ...facts, pace: { handedOverPerSecond: 0, recipientsInFlight: 0 } }), null)
    const alone = { row: READY, before: { recipients: 0, isLeast: false } }
    assert.equal(estimate({ ...alone, pace: { handedOverPerSecond: 0, recipientsInFlight: 0 } }), iso(0))
  })

  it('is nothing that can be named while its row is replaced by another one', () => {
    assert.equal(explain({}).for, 'move')
    assert.match(say({}), /ask again\.$/)
  })
})
