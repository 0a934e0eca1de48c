import assert from 'node:assert/strict'
import type { MessageClass } from '../../src/operators/contract.ts'
import { registerOperators, attempt } from '../../src/operators/index.ts'
import type { Operator, OperatorEvents, Operators } from '../../src/operators/index.ts'
import { eventually } from '../support/eventually.ts'
import { message, messages } from './messages.ts'
import { operatorOf } from './operatorOf.ts'
import { SILENT_EVENTS } from './silentEvents.ts'
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
  const events: OperatorEvents = {
    ...SILENT_EVENTS,
    breakerChanged: ({ operator, messageClass, state }) => {
      changes.push(`${operator} ${messageClass} ${state}`)
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
      operators: [
        operatorOf({ name: 'A', url: a.url, connections: CONNECTIONS }),
        operatorOf({ name: 'B', url: b.url, connections: CONNECTIONS }),
      ],
      events,
      breaker: { volumeThreshold: VOLUME_THRESHOLD, resetTimeoutMs },
    })
  }
  const isAdmitting = () => operators.of('normal').some(({ breaker }) => breaker.isAdmitting())
  const operator = (messageClass: MessageClass, name: string): Operator => {
    const found = operators.of(messageClass).find((each) => each.name === name)
    assert.ok(found)
    return found
  }
  const resultsOf = async (messageClass: MessageClass, name: string, batch = [message()]) => {
    const attempts = await attempt(operator(messageClass, name), batch, { timeoutMs: TIMEOUT_MS, events })
    return attempts.map(({ result }) => result.kind)
  }
  const open = async (...names: string[]) => {
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
    const operators = [operatorOf({ name: 'A', url: a.url }), operatorOf({ name: 'A', url: b.url })]
    assert.throws(() => registerOperators({ operators, events }), TypeError)
    const [first] = operators
    assert.ok(first)
    assert.throws(() => registerOperators({ operators: [first], testOperator: first, events }), TypeError)
  })

  it('leave express its connections when every connection of normal hangs', async () => {
    await a.admin.behave({ hangAfterAcceptRate: 1 })
    const stuck = Array.from({ length: CONNECTIONS }, () => message())
    const hanging = stuck.map((each) => {
      return attempt(operator('normal', 'A'), [each], { timeoutMs: 1_500, events })
    })
    await eventually('normal hangs', async () => {
      const [first] = stuck
      return (await a.admin.submission(first?.reference ?? '')).seen === 1
    })
    await a.admin.behave({})
    assert.deepEqual(await resultsOf('express', 'A', messages(3)), ['accepted', 'accepted', 'accepted'])
    const kinds = (await Promise.all(hanging)).map(([only]) => only?.result.kind)
    // The last connection is express's share, so one of the calls waits for another until its time is over.
    assert.deepEqual(kinds.sort(), ['unavailable', 'unknown'])
  })

  it('fail for each class and each operator alone', async () => {
    await operators.close()
    register(600_000)
    await open('A')
    assert.deepEqual(
      operators.states().map(({ operator, messageClass, state }) => `${operator} ${messageClass} ${state}`),
      ['A express closed', 'B express closed', 'A normal open', 'B normal closed'],
    )
    assert.deepEqual(changes, ['A normal open'])
    await a.admin.behave({})
    assert.deepEqual(await resultsOf('normal', 'A'), ['unavailable'])
    assert.deepEqual(await resultsOf('express', 'A'), ['accepted'])
    assert.deepEqual(await resultsOf('normal', 'B'), ['accepted'])
  })

  it('stay open to calls at an operator that throttles every call', async () => {
    await a.admin.behave({ throttleRate: 1, retryAfter: '0' })
    const results: string[] = []
    for (let call = 0; call < 2 * VOLUME_THRESHOLD; call++) {
      results.push(...(await resultsOf('express', 'A')))
    }
    assert.deepEqual(new Set(results), new Set(['throttled']))
    assert.deepEqual(changes, [])
  })

  it('are all open when none would take a call, and say when one would again', async () => {
    await operators.whenAdmitting('normal', AbortSignal.timeout(TIMEOUT_MS))
    await open('A', 'B')
    const waiting = operators.whenAdmitting('normal', AbortSignal.timeout(TIMEOUT_MS))
    await waiting
    assert.equal(isAdmitting(), true)
    await Promise.all([a.admin.behave({}), b.admin.behave({})])
    for (const name of ['A', 'B']) {
      await eventually(
        `${name} is closed again`,
        async () => (await resultsOf('normal', name))[0] === 'accepted',
      )
    }
    assert.deepEqual(
      operators.states().map(({ state }) => state),
      ['closed', 'closed', 'closed', 'closed'],
    )
  })

  it('count as open while the only probe is under way', async () => {
    await open('A', 'B')
    const halfOpen = () => operators.of('normal').every(({ breaker }) => breaker.state() === 'half-open')
    await eventually('both are half-open', halfOpen)
    const tickets = operators.of('normal').map(({ breaker }) => breaker.admit())
    assert.ok(tickets.every((ticket) => ticket?.probe))
    assert.equal(isAdmitting(), false)
    const waiting = operators.whenAdmitting('normal', AbortSignal.timeout(TIMEOUT_MS))
    const [probe] = tickets
    assert.ok(probe)
    await operator('normal', 'A').breaker.record(probe, false)
    await waiting
    assert.equal(isAdmitting(), true)
  })

  it('let a consumer stop waiting', async () => {
    await operators.close()
    register(600_000)
    await open('A', 'B')
    assert.equal(isAdmitting(), false)
    const stop = new AbortController()
    const waiting = operators.whenAdmitting('normal', stop.signal)
    stop.abort(new Error('shutting down'))
    await assert.rejects(waiting, /shutting down/)
    await assert.rejects(operators.whenAdmitting('normal', stop.signal), /shutting down/)
  })

  it('take nothing more once they are closed', async () => {
    await operators.close()
    assert.deepEqual(await resultsOf('normal', 'A'), ['unavailable'])
    assert.equal(isAdmitting(), false)
  })
})
