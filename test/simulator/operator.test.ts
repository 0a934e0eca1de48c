import assert from 'node:assert/strict'
import { GOOD_BEHAVIOUR } from '../../simulator/behaviour.ts'
import type { Behaviour } from '../../simulator/behaviour.ts'
import { createCallLimit } from '../../simulator/callLimit.ts'
import { SimulatedOperator } from '../../simulator/operator.ts'
import { REPEATED_LISTED_MAX, SubmissionRecord } from '../../simulator/record.ts'
import type { Recorded } from '../../simulator/record.ts'
import { message, messages } from '../operators/messages.ts'

const REFERENCES_MAX = 10_000

describe('the simulated operator', () => {
  const simulate = (behaviour: Partial<Behaviour>, seed = 7) => {
    const operator = new SimulatedOperator('sim', seed, REFERENCES_MAX)
    assert.equal(operator.behave(operator.behaviour, behaviour), undefined)
    return operator
  }
  const MIXED: Partial<Behaviour> = {
    latency: { kind: 'lognormal', medianMs: 40, sigma: 0.5 },
    failRate: 0.1,
    throttleRate: 0.1,
    dropBeforeAcceptRate: 0.1,
    dropAfterAcceptRate: 0.1,
    hangBeforeAcceptRate: 0.1,
    hangAfterAcceptRate: 0.1,
    corruptResponseRate: 0.1,
    rejectRate: 0.2,
    unavailableRate: 0.2,
  }
  const calls = Array.from({ length: 200 }, (_, at) => messages(1 + (at % 5)))
  const play = (operator: SimulatedOperator) => calls.map((call) => operator.react(call))

  it('does the same with the same seed and calls, and something else with another seed', () => {
    assert.deepEqual(play(simulate(MIXED, 7)), play(simulate(MIXED, 7)))
    assert.notDeepEqual(play(simulate(MIXED, 7)), play(simulate(MIXED, 8)))
  })

  it('starts its chances anew when its seed is set, and only then', () => {
    const kindsOf = (operator: SimulatedOperator) => play(operator).map(({ kind }) => kind)
    const operator = simulate(MIXED)
    const first = kindsOf(operator)
    operator.behave(operator.behaviour, { failStatus: 501 })
    assert.notDeepEqual(kindsOf(operator), first)
    operator.behave(operator.behaviour, { seed: 7 })
    assert.deepEqual(kindsOf(operator), first)
  })

  it('gives each mishap its share of calls, and each verdict its share of messages', () => {
    const operator = simulate(MIXED)
    for (let call = 0; call < 5_000; call++) operator.react([message()])
    const share = (count = 0) => Math.round((count / 5_000) * 10) / 10
    const { answered, ...mishaps } = operator.calls
    assert.equal(share(answered), 0.3)
    assert.equal(Object.keys(mishaps).length, 7)
    for (const [mishap, count] of Object.entries(mishaps)) assert.equal(share(count), 0.1, mishap)
    // Taken in full or in part: answered, corrupted, dropped and hung afterwards, each with 0.6 accepted.
    assert.equal(share(operator.record.summary().taken), share(5_000 * 0.6 * 0.6))
  })

  const latencies = (latency: Behaviour['latency']) => {
    const operator = simulate({ latency })
    return Array.from({ length: 2_001 }, () => {
      const reaction = operator.react([message()])
      return reaction.kind === 'hang' ? NaN : reaction.latencyMs
    }).sort((one, other) => one - other)
  }

  it('answers after a fixed time', () => {
    assert.deepEqual(new Set(latencies({ kind: 'fixed', ms: 12 })), new Set([12]))
  })

  it('answers after a time between two bounds', () => {
    const drawn = latencies({ kind: 'uniform', minMs: 10, maxMs: 20 })
    assert.ok((drawn[0] as number) >= 10 && (drawn.at(-1) as number) <= 20)
    assert.equal(Math.round(drawn[1_000] as number), 15)
  })

  it('answers after a time with a long tail', () => {
    const drawn = latencies({ kind: 'lognormal', medianMs: 100, sigma: 0.5 })
    assert.equal(Math.round((drawn[1_000] as number) / 10), 10)
    // exp(0.5 x 2.326) = 3.2
    assert.equal(Math.round((drawn[1_980] as number) / 100), 3)
    assert.ok(latencies({ kind: 'lognormal', medianMs: 60_000, sigma: 3 }).at(-1) === 60_000)
  })

  it('counts a repeat and names it', () => {
    const operator = simulate({})
    const [once, twice] = [message(), message()]
    for (const call of [[once], [twice], [twice, twice]]) operator.react(call)
    const { references, taken, takenReferences, repeats, repeatedReferences, repeated } =
      operator.record.summary()
    assert.deepEqual([references, taken, takenReferences, repeats, repeatedReferences], [2, 4, 2, 2, 1])
    assert.deepEqual(repeated, [twice.reference])
  })

  it('refuses a behaviour that makes no sense, says why, and keeps the one it has', () => {
    const operator = simulate({ failRate: 0.5 })
    const bad: [unknown, RegExp][] = [
      [{ failRate: 1.5 }, /failRate/],
      [{ failRate: 0.6, corruptResponseRate: 0.6 }, /rates of calls/],
      [{ rejectRate: 0.6, unavailableRate: 0.6 }, /rates of messages/],
      [{ failStatus: 404 }, /failStatus/],
      [{ fialRate: 0.1 }, /fialRate/],
      [{ outage: 'maybe' }, /outage/],
      [{ latency: { kind: 'fixed' } }, /latency\.ms/],
      [{ latency: { kind: 'uniform', minMs: 2, maxMs: 1 } }, /minMs/],
      [{ rejectedNumbers: ['12'] }, /rejectedNumbers\.0/],
      [{ poisonTexts: [{ text: 'x', status: 404 }] }, /poisonTexts\.0\.status/],
      [{ seed: -1 }, /seed/],
      [[], /object/],
      ['x', /object/],
      [null, /object/],
    ]
    for (const [changes, why] of bad) {
      const reasons = operator.behave(operator.behaviour, changes)
      assert.ok(reasons, JSON.stringify(changes))
      assert.match(reasons.join('; '), why)
    }
    assert.deepEqual(operator.behaviour, { ...GOOD_BEHAVIOUR, seed: 7, failRate: 0.5 })
  })
})

describe("the simulator's limit of calls", () => {
  it('admits as many calls in any second, and does not count those that it refused', () => {
    let nowMs = 0
    const limit = createCallLimit(2, () => nowMs)
    const admittedAtMs: number[] = []
    for (; nowMs < 2_500; nowMs += 100) if (limit.admits()) admittedAtMs.push(nowMs)
    assert.deepEqual(admittedAtMs, [0, 100, 1_000, 1_100, 2_000, 2_100])
  })
})

describe("the simulator's record", () => {
  it('stays within its bound, knows no more than the number of what it had no room for, and says so', () => {
    const record = new SubmissionRecord(2)
    for (const reference of ['a', 'b', 'c', 'd', 'a', 'd'])
      record.note({ reference, to: '12345' }, 'accepted', true)
    const { references, taken, takenReferences, repeats, dropped } = record.summary()
    assert.deepEqual([references, taken, takenReferences, repeats, dropped], [2, 6, 2, 1, 3])
    assert.deepEqual([record.get('a')?.taken, record.get('d')], [2, undefined])
  })

  it('lists repeats up to a bound, and counts all of them', () => {
    const record = new SubmissionRecord(2_000)
    for (let time = 0; time < 2; time++) {
      for (let at = 0; at < 2_000; at++) record.note({ reference: `r${at}`, to: '12345' }, 'accepted', true)
    }
    const { repeats, repeatedReferences, repeated } = record.summary()
    assert.deepEqual([repeats, repeatedReferences, repeated.length], [2_000, 2_000, REPEATED_LISTED_MAX])
  })

  it('exports every reference once, and nothing when it is empty', () => {
    const record = new SubmissionRecord(5_000)
    assert.equal([...record.ndjson()].join(''), '')
    const references = messages(3_500).map(({ reference }) => reference)
    for (const reference of references) record.note({ reference, to: '+12345' }, 'rejected', false)
    const lines = [...record.ndjson()].join('').trimEnd().split('\n')
    const exported = lines.map((line) => JSON.parse(line) as Recorded)
    assert.deepEqual(new Set(exported.map(({ reference }) => reference)), new Set(references))
    assert.equal(exported.length, references.length)
    const { to, seen, taken, firstTakenAt, lastResult } = exported[0] as Recorded
    assert.deepEqual([to, seen, taken, firstTakenAt, lastResult], ['+12345', 1, 0, null, 'rejected'])
  })

  it('tells when a message came and when it was first taken', () => {
    const record = new SubmissionRecord(10)
    const startedAt = Date.now()
    record.note({ reference: 'a', to: '12345' }, 'throttle', false)
    record.note({ reference: 'a', to: '12345' }, 'drop-after', true)
    const { firstSeenAt, firstTakenAt, lastTakenAt, seen, taken, lastResult } = record.get('a') as Recorded
    assert.ok(firstSeenAt >= startedAt && firstTakenAt !== null && firstTakenAt >= firstSeenAt)
    assert.equal(lastTakenAt, firstTakenAt)
    assert.deepEqual([seen, taken, lastResult], [2, 1, 'drop-after'])
  })
})
