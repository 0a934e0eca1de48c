import assert from 'node:assert/strict'
import type { MessageClass } from '../../src/operators/contract.ts'
import { registerOperators, attempt } from '../../src/operators/index.ts'
import type { Operator, Operators } from '../../src/operators/index.ts'
import { eventually } from '../support/eventually.ts'
import { message, messages } from './messages.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'

const TIMEOUT_MS = 5_000
const CONNECTIONS = 2
const VOLUME_THRESHOLD = 2

describe('the operators', () => {
  let a: SimulatorProcess
  let b: SimulatorProcess
  let operators: Operators
  let changes: string[]
  const events = {
    operatorCalled: () => undefined,
    breakerChanged: ({ operator, state }: { operator: string; state: string }) => {
      changes.push(`${operator} ${state}`)
    },
  }
  before(async () => {
    ;[a, b] = await Promise.all([spawnSimulator({ NAME: 'a' }), spawnSimulator({ NAME: 'b' })])
  })
  after(() => Promise.all([a.stop(), b.stop()]))
  beforeEach(async () => {
    await Promise.all([a.admin.behave({}), b.admin.behave({})])
    register(100)
  })
  afterEach(() => operators.close())

  const register = (resetTimeoutMs: number) => {
    changes = []
    operators = registerOperators({
      endpoints: [
        { name: 'A', url: a.url },
        { name: 'B', url: b.url },
      ],
      connections: { normal: CONNECTIONS, express: CONNECTIONS },
      events,
      breaker: { volumeThreshold: VOLUME_THRESHOLD, resetTimeoutMs },
    })
  }
  const operator = (messageClass: MessageClass, name: string): Operator => {
    const found = operators.of(messageClass).find((each) => each.name === name)
    assert.ok(found)
    return found
  }
  const resultsOf = async (messageClass: MessageClass, name: string, batch = [message()]) => {
    const tried = await attempt(operator(messageClass, name), batch, { timeoutMs: TIMEOUT_MS, events })
    return tried.map(({ outcome }) => outcome.kind)
  }
  const fell = async (...names: string[]) => {
    for (const name of names) {
      await (name === 'A' ? a : b).admin.behave({ outage: 'http503' })
      for (let call = 0; call < VOLUME_THRESHOLD; call++) await resultsOf('normal', name)
    }
  }

  it('come in the order in which they are preferred, the same for each class', () => {
    for (const messageClass of ['normal', 'express'] as const) {
      assert.deepEqual(
        operators.of(messageClass).map(({ name }) => name),
        ['A', 'B'],
      )
    }
  })

  it('must not share a name', () => {
    const endpoint = { name: 'A', url: a.url }
    const connections = { normal: 1, express: 1 }
    assert.throws(
      () => registerOperators({ endpoints: [endpoint, endpoint], connections, events }),
      TypeError,
    )
  })

  it('leave express its connections when every connection of normal hangs', async () => {
    await a.admin.behave({ hangAfterAcceptRate: 1 })
    const stuck = Array.from({ length: CONNECTIONS }, () => message())
    const hanging = stuck.map((each) => {
      return attempt(operator('normal', 'A'), [each], { timeoutMs: 1_500, events })
    })
    for (const { reference } of stuck) {
      await eventually('normal hangs', async () => (await a.admin.submission(reference)).seen === 1)
    }
    await a.admin.behave({})
    assert.deepEqual(await resultsOf('express', 'A', messages(3)), ['accepted', 'accepted', 'accepted'])
    for (const tried of await Promise.all(hanging)) assert.equal(tried[0]?.outcome.kind, 'unknown')
  })

  it('fail for both classes when they fail for one, and each for itself', async () => {
    await operators.close()
    register(600_000)
    await fell('A')
    assert.deepEqual(operators.states(), [
      { operator: 'A', state: 'open' },
      { operator: 'B', state: 'closed' },
    ])
    assert.deepEqual(await resultsOf('express', 'A'), ['unavailable'])
    assert.deepEqual(await resultsOf('express', 'B'), ['accepted'])
    assert.equal(operators.allOpen(), false)
    assert.deepEqual(changes, ['A open'])
  })

  it('are all open when none would take a call, and say when one would again', async () => {
    await operators.whenAdmitting(AbortSignal.timeout(TIMEOUT_MS))
    await fell('A', 'B')
    const waiting = operators.whenAdmitting(AbortSignal.timeout(TIMEOUT_MS))
    await waiting
    assert.equal(operators.allOpen(), false)
    await Promise.all([a.admin.behave({}), b.admin.behave({})])
    for (const name of ['A', 'B']) {
      await eventually(`${name} is healed`, async () => (await resultsOf('normal', name))[0] === 'accepted')
    }
    assert.deepEqual(
      operators.states().map(({ state }) => state),
      ['closed', 'closed'],
    )
  })

  it('count as open while the only probe is under way', async () => {
    await fell('A', 'B')
    const halfOpen = () => operators.states().every(({ state }) => state === 'half-open')
    await eventually('both are half-open', halfOpen)
    const tickets = operators.of('express').map(({ breaker }) => breaker.admit())
    assert.ok(tickets.every((ticket) => ticket?.probe))
    assert.equal(operators.allOpen(), true)
    const waiting = operators.whenAdmitting(AbortSignal.timeout(TIMEOUT_MS))
    const [probe] = tickets
    assert.ok(probe)
    await operator('express', 'A').breaker.record(probe, false)
    await waiting
    assert.equal(operators.allOpen(), false)
  })

  it('let a consumer stop waiting', async () => {
    await operators.close()
    register(600_000)
    await fell('A', 'B')
    assert.equal(operators.allOpen(), true)
    const stop = new AbortController()
    const waiting = operators.whenAdmitting(stop.signal)
    stop.abort(new Error('shutting down'))
    await assert.rejects(waiting, /shutting down/)
    await assert.rejects(operators.whenAdmitting(stop.signal), /shutting down/)
  })

  it('take nothing more once they are closed', async () => {
    await operators.close()
    assert.deepEqual(await resultsOf('normal', 'A'), ['unavailable'])
    assert.equal(operators.allOpen(), true)
  })
})
