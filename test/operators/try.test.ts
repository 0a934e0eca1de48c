import assert from 'node:assert/strict'
import { Breaker, VOLUME_THRESHOLD } from '../../src/operators/breaker.ts'
import type { CallResult, Outcome, Submission } from '../../src/operators/contract.ts'
import type { OperatorCall } from '../../src/operators/events.ts'
import { httpAdapter } from '../../src/operators/http/adapter.ts'
import { CALL_TIMEOUT_MIN_MS, CALLS_PER_TRY_MAX, tryOperator } from '../../src/operators/try.ts'
import type { Tried } from '../../src/operators/try.ts'
import { message, messages } from './messages.ts'
import { spawnSimulator } from './simulatorProcess.ts'
import type { SimulatorProcess } from './simulatorProcess.ts'

const TIMEOUT_MS = 5_000
const BATCH_SIZE_MAX = 100
/** Long enough that no breaker turns half-open by itself in a test. */
const NEVER_MS = 600_000

const REJECTING: CallResult = {
  kind: 'refused',
  reason: 'HTTP 400',
  alone: { kind: 'rejected', reason: 'HTTP 400' },
  operatorFailed: false,
}
const FAILING: CallResult = {
  kind: 'refused',
  reason: 'HTTP 500',
  alone: { kind: 'unavailable', reason: 'HTTP 500' },
  operatorFailed: true,
}
const AWAY: CallResult = { kind: 'unavailable', reason: 'HTTP 503', operatorFailed: true }
const SILENT: CallResult = { kind: 'unknown', reason: 'ECONNRESET', operatorFailed: true }

type Behave = (batch: Submission[], timeoutMs: number) => CallResult | Promise<CallResult>

const answers = (batch: Submission[], kindOf: (each: Submission) => Outcome): CallResult => {
  return { kind: 'answered', outcomes: batch.map(kindOf), operatorFailed: false }
}
const accepts: Behave = (batch) => {
  return answers(batch, ({ reference }) => ({ kind: 'accepted', providerMessageId: reference }))
}
const chokesOn = (poison: Submission[], result: CallResult): Behave => {
  return (batch, timeoutMs) =>
    batch.some((each) => poison.includes(each)) ? result : accepts(batch, timeoutMs)
}

describe('a try at one operator', () => {
  let breaker: Breaker
  let behave: Behave
  let sizes: number[]
  let calls: OperatorCall[]
  beforeEach(() => {
    breaker = new Breaker({ resetTimeoutMs: NEVER_MS })
    behave = accepts
    sizes = []
    calls = []
  })
  afterEach(() => breaker.close())

  const adapter = {
    name: 'a',
    batchSizeMax: BATCH_SIZE_MAX,
    submit: (batch: Submission[], timeoutMs: number) => {
      sizes.push(batch.length)
      return Promise.resolve(behave(batch, timeoutMs))
    },
    close: () => Promise.resolve(),
  }
  const events = {
    operatorCalled: (call: OperatorCall) => void calls.push(call),
    breakerChanged: () => undefined,
  }
  const attempt = (batch: Submission[], options: { timeoutMs?: number; now?: () => number } = {}) => {
    return tryOperator({ name: 'a', adapter, breaker }, batch, { timeoutMs: TIMEOUT_MS, events, ...options })
  }
  const kinds = (tried: Tried[]) => tried.map(({ outcome }) => outcome.kind)
  const countOf = (tried: Tried[], kind: Outcome['kind']) =>
    kinds(tried).filter((each) => each === kind).length
  const openBreaker = async () => {
    for (let ticket = breaker.admit(); ticket; ticket = breaker.admit()) await breaker.record(ticket, true)
    assert.equal(breaker.state(), 'open')
  }
  const halfOpenBreaker = () => {
    breaker.close()
    breaker = new Breaker({ resetTimeoutMs: 1 })
    const halfOpen = new Promise<void>((resolve) => {
      breaker.onChange((state) => state === 'half-open' && resolve())
    })
    return openBreaker().then(() => halfOpen)
  }

  it('is one call when the operator answers, and each message has its own verdict', async () => {
    const outcomes: Outcome[] = [
      { kind: 'accepted', providerMessageId: 'x' },
      { kind: 'rejected', reason: 'bad number' },
      { kind: 'unavailable', reason: 'later' },
      { kind: 'unknown', reason: 'no answer' },
    ]
    behave = () => ({ kind: 'answered', outcomes, operatorFailed: false })
    assert.deepEqual(await attempt(messages(4)), [
      { outcome: outcomes[0], called: true, own: true },
      { outcome: outcomes[1], called: true, own: true },
      { outcome: outcomes[2], called: true, own: true },
      { outcome: outcomes[3], called: true, own: false },
    ])
    assert.deepEqual(sizes, [4])
  })

  it('makes no call for an empty batch, and takes none that is too large', async () => {
    assert.deepEqual(await attempt([]), [])
    await assert.rejects(attempt(messages(BATCH_SIZE_MAX + 1)), RangeError)
    assert.deepEqual(sizes, [])
  })

  for (const position of [0, 37, 50, 99]) {
    it(`lets the one poisonous message fail alone, at position ${position} among a hundred`, async () => {
      const batch = messages(100)
      behave = chokesOn([batch[position] as Submission], REJECTING)
      const tried = await attempt(batch)
      assert.deepEqual(
        kinds(tried),
        batch.map((_, at) => (at === position ? 'rejected' : 'accepted')),
      )
      assert.ok(tried.every(({ called, own }) => called && own))
      assert.ok(sizes.length <= 15, `${sizes.length} calls`)
    })
  }

  it('singles out two poisonous messages, wherever they are', async () => {
    for (let first = 0; first < 100; first += 9) {
      for (let second = first + 1; second < 100; second += 7) {
        const batch = messages(100)
        behave = chokesOn([batch[first] as Submission, batch[second] as Submission], REJECTING)
        const tried = await attempt(batch)
        assert.deepEqual(
          [countOf(tried, 'rejected'), countOf(tried, 'accepted')],
          [2, 98],
          `${first}, ${second}`,
        )
        assert.deepEqual([tried[first]?.outcome.kind, tried[second]?.outcome.kind], ['rejected', 'rejected'])
      }
    }
  })

  it('settles messages in their order, and never offers one that has its verdict again', async () => {
    const batch = messages(100)
    const offered: string[] = []
    behave = (part, timeoutMs) => {
      const result = chokesOn([batch[60] as Submission], REJECTING)(part, timeoutMs)
      if (result instanceof Promise || result.kind === 'answered')
        offered.push(...part.map(({ reference }) => reference))
      return result
    }
    await attempt(batch)
    assert.deepEqual(
      offered,
      batch.filter((_, at) => at !== 60).map(({ reference }) => reference),
    )
  })

  it('calls an operator that fails every call a bounded number of times, and claims nothing of the rest', async () => {
    behave = () => FAILING
    const tried = await attempt(messages(100))
    assert.equal(sizes.length, CALLS_PER_TRY_MAX)
    assert.equal(countOf(tried, 'unavailable'), 100)
    assert.ok(tried.every(({ called }) => called))
    const alone = sizes.filter((size) => size === 1).length
    assert.ok(alone > 0)
    assert.equal(tried.filter(({ own }) => own).length, alone)
  })

  it('counts once for the breaker, however often its call is split', async () => {
    behave = () => FAILING
    for (let time = 1; time < VOLUME_THRESHOLD; time++) await attempt(messages(100))
    assert.equal(breaker.state(), 'closed')
    await attempt(messages(1))
    assert.equal(breaker.state(), 'open')
  })

  it('never counts rejections against the operator', async () => {
    behave = () => REJECTING
    for (let time = 0; time < 2 * VOLUME_THRESHOLD; time++) await attempt(messages(3))
    assert.equal(breaker.state(), 'closed')
  })

  it('stops splitting when the breaker opens meanwhile', async () => {
    behave = async () => {
      if (sizes.length === 3) await openBreaker()
      return REJECTING
    }
    const tried = await attempt(messages(100))
    assert.equal(sizes.length, 3)
    assert.equal(countOf(tried, 'unavailable'), 100)
    assert.ok(tried.every(({ called, own }) => called && !own))
  })

  for (const [name, result] of [
    ['is away', AWAY],
    ['is silent', SILENT],
  ] as const) {
    it(`splits nothing when the operator ${name}`, async () => {
      behave = () => result
      const tried = await attempt(messages(100))
      assert.deepEqual(sizes, [100])
      assert.equal(countOf(tried, result.kind), 100)
      assert.ok(tried.every(({ called, own }) => called && !own))
    })

    it(`ends where the operator ${name} in the middle of a split; what was refused before stays unavailable`, async () => {
      const script = [FAILING, 'accepts', FAILING, result] as const
      behave = (batch, timeoutMs) => {
        const line = script[sizes.length - 1] ?? assert.fail('one call too many')
        return line === 'accepts' ? accepts(batch, timeoutMs) : line
      }
      const tried = await attempt(messages(100))
      assert.deepEqual(sizes, [100, 50, 50, 25])
      assert.deepEqual(kinds(tried), [
        ...Array<string>(50).fill('accepted'),
        ...Array<string>(25).fill(result.kind),
        ...Array<string>(25).fill('unavailable'),
      ])
    })
  }

  it('takes the answer to a call of one for a verdict on its message, unless nothing is known', async () => {
    const ofOne: [CallResult, boolean][] = [
      [REJECTING, true],
      [FAILING, true],
      [AWAY, true],
      [SILENT, false],
    ]
    for (const [result, own] of ofOne) {
      behave = () => result
      const [tried] = await attempt([message()])
      assert.deepEqual([tried?.called, tried?.own], [true, own], result.kind)
    }
  })

  it('makes no call while the breaker is open', async () => {
    await openBreaker()
    const tried = await attempt(messages(3))
    assert.deepEqual(sizes, [])
    const expected: Tried = {
      outcome: { kind: 'unavailable', reason: 'breaker open' },
      called: false,
      own: false,
    }
    assert.deepEqual(tried, [expected, expected, expected])
  })

  it('probes a half-open operator with one message, and sends the rest once that heals it', async () => {
    await halfOpenBreaker()
    const tried = await attempt(messages(5))
    assert.deepEqual(sizes, [1, 4])
    assert.equal(countOf(tried, 'accepted'), 5)
    assert.equal(breaker.state(), 'closed')
  })

  it('heals an operator by a probe that it rejects', async () => {
    await halfOpenBreaker()
    behave = () => REJECTING
    const [tried] = await attempt([message()])
    assert.equal(tried?.outcome.kind, 'rejected')
    assert.equal(breaker.state(), 'closed')
  })

  for (const [name, result] of [
    ['fails', FAILING],
    ['is away', AWAY],
    ['is silent', SILENT],
  ] as const) {
    it(`keeps the rest from an operator that ${name} under the probe`, async () => {
      await halfOpenBreaker()
      behave = () => result
      const tried = await attempt(messages(5))
      assert.deepEqual(sizes, [1])
      assert.deepEqual(
        tried.map(({ called }) => called),
        [true, false, false, false, false],
      )
      assert.equal(tried[0]?.outcome.kind, result.kind === 'unknown' ? 'unknown' : 'unavailable')
      assert.equal(countOf(tried.slice(1), 'unavailable'), 4)
      assert.notEqual(breaker.state(), 'closed')
    })
  }

  it('sends nothing to a half-open operator whose probe is under way', async () => {
    await halfOpenBreaker()
    let release: (() => void) | undefined
    behave = async (batch, timeoutMs) => {
      await new Promise<void>((resolve) => (release = resolve))
      return accepts(batch, timeoutMs)
    }
    const first = attempt(messages(1))
    const second = await attempt(messages(2))
    assert.deepEqual(sizes, [1])
    assert.ok(second.every(({ called }) => !called))
    release?.()
    assert.deepEqual(kinds(await first), ['accepted'])
  })

  it('shares its time among the calls of a split, and leaves the rest when it is over', async () => {
    let clockMs = 0
    const timeouts: number[] = []
    behave = (_batch, timeoutMs) => {
      timeouts.push(timeoutMs)
      clockMs += 400
      return FAILING
    }
    const tried = await attempt(messages(100), { timeoutMs: 1_000, now: () => clockMs })
    assert.deepEqual(timeouts, [1_000, 600, 200])
    assert.equal(countOf(tried, 'unavailable'), 100)
    assert.ok(tried.every(({ called }) => called))
  })

  it('makes no call that would have too little time, and takes no probe for it', async () => {
    await halfOpenBreaker()
    const tried = await attempt(messages(2), { timeoutMs: CALL_TIMEOUT_MIN_MS - 1, now: () => 0 })
    assert.deepEqual(sizes, [])
    assert.ok(tried.every(({ called, outcome }) => !called && outcome.kind === 'unavailable'))
    assert.equal(breaker.isAdmitting(), true)
  })

  it('knows nothing after an adapter that breaks its contract, and gives a probe back', async () => {
    await halfOpenBreaker()
    behave = () => {
      throw new Error('a fault of ours')
    }
    const [thrown] = await attempt([message()])
    assert.deepEqual([thrown?.outcome.kind, thrown?.own], ['unknown', false])
    assert.equal(breaker.state(), 'open')
  })

  it('calls a message unknown for which the adapter gave no outcome', async () => {
    behave = () => ({
      kind: 'answered',
      outcomes: [{ kind: 'rejected', reason: 'x' }],
      operatorFailed: false,
    })
    assert.deepEqual(kinds(await attempt(messages(2))), ['rejected', 'unknown'])
  })

  it('reports every call, and each message under one outcome at most', async () => {
    const batch = messages(4)
    behave = chokesOn([batch[2] as Submission], REJECTING)
    await attempt(batch)
    const none = { accepted: 0, rejected: 0, unavailable: 0, unknown: 0 }
    assert.deepEqual(
      calls.map(({ durationMs, ...fact }) => {
        assert.ok(durationMs >= 0)
        return fact
      }),
      [
        { operator: 'a', messages: 4, result: 'refused', operatorFailed: false, outcomes: none },
        {
          operator: 'a',
          messages: 2,
          result: 'answered',
          operatorFailed: false,
          outcomes: { ...none, accepted: 2 },
        },
        { operator: 'a', messages: 2, result: 'refused', operatorFailed: false, outcomes: none },
        {
          operator: 'a',
          messages: 1,
          result: 'refused',
          operatorFailed: false,
          outcomes: { ...none, rejected: 1 },
        },
        {
          operator: 'a',
          messages: 1,
          result: 'answered',
          operatorFailed: false,
          outcomes: { ...none, accepted: 1 },
        },
      ],
    )
  })

  describe('with the simulator', () => {
    let simulator: SimulatorProcess
    before(async () => {
      simulator = await spawnSimulator()
    })
    after(() => simulator.stop())

    for (const [status, kind] of [
      [400, 'rejected'],
      [500, 'unavailable'],
    ] as const) {
      it(`a text that is answered ${status} ends ${kind} alone, and its 99 neighbours are taken once`, async () => {
        await simulator.admin.behave({ poisons: [{ text: 'poison', status }] })
        await simulator.admin.forget()
        const http = httpAdapter({ name: 'a', url: simulator.url, connections: 1 })
        const batch = messages(100)
        batch[71] = message('a poisonous text')
        batch[71].text = 'the poison in it'
        const tried = await tryOperator({ name: 'a', adapter: http, breaker }, batch, {
          timeoutMs: TIMEOUT_MS,
          events,
        })
        await http.close()
        assert.deepEqual(
          kinds(tried),
          batch.map((_, at) => (at === 71 ? kind : 'accepted')),
        )
        assert.equal(tried[71]?.own, true)
        const { taken, takenReferences, references } = await simulator.admin.summary()
        assert.deepEqual([taken, takenReferences, references], [99, 99, 100])
      })
    }
  })
})
