import assert from 'node:assert/strict'
import { VOLUME_THRESHOLD } from '../../src/operators/breaker.ts'
import { httpAdapter } from '../../src/operators/http/adapter.ts'
import { CALLS_PER_ATTEMPT_MAX, attempt } from '../../src/operators/attempt.ts'
import { message, messages } from './messages.ts'
import {
  UNAVAILABLE,
  FAILING,
  REFUSING,
  SILENT,
  THROTTLING,
  TIMEOUT_MS,
  ScriptedOperator,
  answered,
  refuses,
  countOf,
  kinds,
} from './scriptedOperator.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'

describe('a call that is refused as a whole', () => {
  let operator: ScriptedOperator
  beforeEach(() => {
    operator = new ScriptedOperator()
  })
  afterEach(() => operator.breaker.close())

  for (const position of [0, 37, 50, 99]) {
    it(`lets the one poisonous message fail alone, at position ${position} among a hundred`, async () => {
      const batch = messages(100)
      operator.behave = refuses([batch[position]], REFUSING)
      const attempts = await operator.attempt(batch)
      assert.deepEqual(
        kinds(attempts),
        batch.map((_, at) => (at === position ? 'refused' : 'accepted')),
      )
      assert.ok(attempts.every(({ called, isSpecificToMessage }) => called && isSpecificToMessage))
      assert.ok(operator.sizes.length <= 15, `${operator.sizes.length} calls`)
    })
  }

  it('singles out two poisonous messages, wherever they are', async () => {
    for (let first = 0; first < 100; first += 9) {
      for (let second = first + 1; second < 100; second += 7) {
        const batch = messages(100)
        operator.behave = refuses([batch[first], batch[second]], REFUSING)
        const attempts = await operator.attempt(batch)
        assert.deepEqual(
          [countOf(attempts, 'refused'), countOf(attempts, 'accepted')],
          [2, 98],
          `${first}, ${second}`,
        )
        assert.deepEqual(
          [attempts[first]?.result.kind, attempts[second]?.result.kind],
          ['refused', 'refused'],
        )
      }
    }
  })

  it('settles messages in their order, and never offers one that has its verdict again', async () => {
    const batch = messages(100)
    const offered: string[] = []
    operator.behave = (part, timeoutMs) => {
      const result = refuses([batch[60]], REFUSING)(part, timeoutMs)
      if (result instanceof Promise || result.kind === 'answered')
        offered.push(...part.map(({ reference }) => reference))
      return result
    }
    await operator.attempt(batch)
    assert.deepEqual(
      offered,
      batch.filter((_, at) => at !== 60).map(({ reference }) => reference),
    )
  })

  it('calls an operator that fails every call a bounded number of times, and claims nothing of the rest', async () => {
    operator.behave = () => FAILING
    const attempts = await operator.attempt(messages(100))
    assert.equal(operator.sizes.length, CALLS_PER_ATTEMPT_MAX)
    assert.equal(countOf(attempts, 'unavailable'), 100)
    assert.ok(attempts.every(({ called }) => called))
    const alone = operator.sizes.filter((size) => size === 1).length
    assert.ok(alone > 0)
    assert.equal(attempts.filter(({ isSpecificToMessage }) => isSpecificToMessage).length, alone)
  })

  it('counts once for the breaker when all of it is refused', async () => {
    operator.behave = () => REFUSING
    for (let time = 1; time < VOLUME_THRESHOLD; time++) await operator.attempt(messages(100))
    assert.equal(operator.breaker.state(), 'closed')
    await operator.attempt(messages(1))
    assert.equal(operator.breaker.state(), 'open')
  })

  it('counts nothing for the breaker when one text of each call is refused', async () => {
    for (let time = 0; time < 2 * VOLUME_THRESHOLD; time++) {
      const batch = messages(100)
      operator.behave = refuses([batch[50]], REFUSING)
      await operator.attempt(batch)
    }
    assert.equal(operator.breaker.state(), 'closed')
  })

  it('stops splitting when the operator throttles, and sends nothing more', async () => {
    const script = [REFUSING, THROTTLING] as const
    operator.behave = () => script[operator.sizes.length - 1] ?? assert.fail('one call too many')
    const attempts = await operator.attempt(messages(4))
    assert.deepEqual(operator.sizes, [4, 2])
    assert.deepEqual(kinds(attempts), ['throttled', 'throttled', 'unavailable', 'unavailable'])
  })

  it('counts once for the breaker, however often its call is split', async () => {
    operator.behave = () => FAILING
    for (let time = 1; time < VOLUME_THRESHOLD; time++) await operator.attempt(messages(100))
    assert.equal(operator.breaker.state(), 'closed')
    await operator.attempt(messages(1))
    assert.equal(operator.breaker.state(), 'open')
  })

  it('stops splitting when the breaker opens meanwhile', async () => {
    operator.behave = async () => {
      if (operator.sizes.length === 3) await operator.openBreaker()
      return REFUSING
    }
    const attempts = await operator.attempt(messages(100))
    assert.equal(operator.sizes.length, 3)
    assert.equal(countOf(attempts, 'unavailable'), 100)
    assert.ok(attempts.every(({ called, isSpecificToMessage }) => called && !isSpecificToMessage))
  })

  for (const [name, result] of [
    ['is unavailable', UNAVAILABLE],
    ['is silent', SILENT],
  ] as const) {
    it(`splits nothing when the operator ${name}`, async () => {
      operator.behave = () => result
      const attempts = await operator.attempt(messages(100))
      assert.deepEqual(operator.sizes, [100])
      assert.equal(kinds(attempts).filter((kind) => kind === result.kind).length, 100)
      assert.ok(attempts.every(({ called, isSpecificToMessage }) => called && !isSpecificToMessage))
    })

    it(`ends where the operator ${name} in the middle of a split; what was refused before stays unavailable`, async () => {
      const script = [FAILING, 'accepts', FAILING, result] as const
      operator.behave = (batch) => {
        const line = script[operator.sizes.length - 1] ?? assert.fail('one call too many')
        return line === 'accepts' ? answered(batch) : line
      }
      const attempts = await operator.attempt(messages(100))
      assert.deepEqual(operator.sizes, [100, 50, 50, 25])
      assert.deepEqual(kinds(attempts), [
        ...Array<string>(50).fill('accepted'),
        ...Array<string>(25).fill(result.kind),
        ...Array<string>(25).fill('unavailable'),
      ])
    })
  }

  it('shares its time among the calls of a split, and leaves the rest when it is over', async () => {
    let clockMs = 0
    const timeouts: number[] = []
    operator.behave = (_batch, timeoutMs) => {
      timeouts.push(timeoutMs)
      clockMs += 400
      return FAILING
    }
    const attempts = await operator.attempt(messages(100), { timeoutMs: 1_000, now: () => clockMs })
    assert.deepEqual(timeouts, [1_000, 600, 200])
    assert.equal(countOf(attempts, 'unavailable'), 100)
    assert.ok(attempts.every(({ called }) => called))
  })

  describe('with the simulator', () => {
    let simulator: SimulatorProcess
    before(async () => {
      simulator = await spawnSimulator()
    })
    after(() => simulator.stop())

    for (const [status, kind] of [
      [400, 'refused'],
      [500, 'unavailable'],
    ] as const) {
      it(`a text that is answered ${status} ends ${kind} alone, and its 99 neighbours are taken once`, async () => {
        await simulator.admin.behave({ poisonTexts: [{ text: 'poison', status }] })
        await simulator.admin.forget()
        const http = httpAdapter({ name: 'a', url: simulator.url, connections: 1 })
        const batch = messages(100)
        batch[71] = message('a poisonous text')
        batch[71].text = 'the poison in it'
        const attempts = await attempt({ ...operator.operator, adapter: http }, batch, {
          timeoutMs: TIMEOUT_MS,
          events: operator.events,
        })
        await http.close()
        assert.deepEqual(
          kinds(attempts),
          batch.map((_, at) => (at === 71 ? kind : 'accepted')),
        )
        assert.equal(attempts[71]?.isSpecificToMessage, true)
        const { taken, takenReferences, references } = await simulator.admin.summary()
        assert.deepEqual([taken, takenReferences, references], [99, 99, 100])
      })
    }
  })
})
