import assert from 'node:assert/strict'
import { attempt, registerOperators } from '../../src/operators/index.ts'
import type { Operator, OperatorConfig, OperatorState, Operators } from '../../src/operators/index.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { eventually } from '../support/eventually.ts'
import { message } from './messages.ts'
import { operatorOf } from './operatorOf.ts'
import { SILENT_EVENTS } from './silentEvents.ts'

const TIMEOUT_MS = 5_000

describe('the operators of a running process', () => {
  let simulator: SimulatorProcess
  let operators: Operators
  before(async () => {
    simulator = await spawnSimulator({ NAME: 'a' })
  })
  after(() => simulator.stop())
  beforeEach(async () => {
    await simulator.admin.behave({})
    operators = registerOperators({
      operators: [at('A'), at('B')],
      events: SILENT_EVENTS,
      breaker: { volumeThreshold: 1, resetTimeoutMs: 600_000 },
    })
  })
  afterEach(() => operators.close())

  const at = (name: string, given: Partial<ReturnType<typeof operatorOf>> = {}) =>
    operatorOf({ name, url: simulator.url, ...given })
  const reload = (...configs: OperatorConfig[]) => operators.reload({ operators: configs, routes: [] })
  const named = (name: string): Operator => {
    const found = operators.of('normal').find((each) => each.name === name)
    assert.ok(found)
    return found
  }
  const call = async (operator: Operator, batch = [message()]) => {
    const [only] = await attempt(operator, batch, { timeoutMs: TIMEOUT_MS, events: SILENT_EVENTS })
    assert.ok(only)
    return { kind: only.result.kind, called: only.called }
  }
  const control = (states: Record<string, OperatorState>) =>
    operators.control(new Map(Object.entries(states).map(([name, state]) => [name, { state, weight: 100 }])))
  const isWaiting = async (waiting: Promise<void>) => {
    const admitted = await Promise.race([waiting.then(() => true), Promise.resolve(false)])
    return !admitted
  }
  /** A call that the operator has and does not answer. */
  const hang = async (operator: Operator) => {
    await simulator.admin.behave({ hangAfterAcceptRate: 1 })
    const stuck = message()
    const ended = attempt(operator, [stuck], { timeoutMs: 1_500, events: SILENT_EVENTS })
    await eventually('the operator has the call', async () => {
      return (await simulator.admin.submission(stuck.reference)).seen === 1
    })
    await simulator.admin.behave({})
    return { ended }
  }

  it('are replaced by another file, and those that did not change keep their breakers', async () => {
    const before = named('A')
    const ticket = before.breaker.admit()
    assert.ok(ticket)
    await before.breaker.record(ticket, true)
    assert.equal(before.breaker.state(), 'open')
    assert.deepEqual(reload(at('C'), at('A'), at('B', { connections: 8 })), {
      opened: ['C', 'B'],
      kept: ['A'],
      closed: ['B'],
    })
    assert.deepEqual(
      operators.of('normal').map(({ name }) => name),
      ['C', 'A', 'B'],
    )
    assert.equal(named('A'), before)
    assert.equal(before.breaker.state(), 'open')
  })

  it('are as before when one of the new ones cannot be opened', async () => {
    const before = operators.of('normal')
    assert.throws(() => reload(at('C'), at('B', { url: 'http://user:password@operator' })), TypeError)
    assert.throws(() => reload(at('C'), at('C')), TypeError)
    assert.deepEqual(operators.of('normal'), before)
    assert.deepEqual(await call(named('B')), { kind: 'accepted', called: true })
  })

  it('are not called once they are gone, and calls in flight end', async () => {
    const gone = named('A')
    const { ended } = await hang(gone)
    reload(at('B'))
    assert.deepEqual(await call(gone), { kind: 'unavailable', called: false })
    const [only] = await ended
    assert.equal(only?.result.kind, 'unknown')
    assert.deepEqual(await call(named('B')), { kind: 'accepted', called: true })
  })

  it('are known to a consumer that waits for one', async () => {
    control({ A: 'paused', B: 'paused' })
    const waiting = operators.whenAdmitting('normal', AbortSignal.timeout(TIMEOUT_MS))
    assert.equal(await isWaiting(waiting), true)
    reload(at('A'), at('B'), at('C'))
    await waiting
  })

  it('serve the classes that they are configured for', () => {
    reload(at('A', { classes: ['express'] }), at('B', { classes: ['normal'] }))
    const names = (each: 'normal' | 'express') => operators.of(each).map(({ name }) => name)
    assert.deepEqual([names('normal'), names('express')], [['B'], ['A']])
    assert.equal(operators.states().length, 2)
  })

  it('are not called while they are paused, and keep what their breakers know', async () => {
    const paused = named('A')
    control({ A: 'paused' })
    assert.deepEqual(await call(paused), { kind: 'unavailable', called: false })
    assert.equal(paused.breaker.state(), 'closed')
    assert.deepEqual(await call(named('B')), { kind: 'accepted', called: true })
    control({})
    assert.equal(named('A'), paused)
    assert.deepEqual(await call(paused), { kind: 'accepted', called: true })
  })

  it('stay paused over a reload, new ones too', async () => {
    control({ A: 'paused', C: 'paused' })
    reload(at('A', { connections: 8 }), at('C'))
    for (const name of ['A', 'C'])
      assert.deepEqual(await call(named(name)), { kind: 'unavailable', called: false })
  })

  it('end their calls when they are drained, and are opened anew when they go on', async () => {
    const drained = named('A')
    const { ended } = await hang(drained)
    control({ A: 'drained' })
    assert.deepEqual(await call(drained), { kind: 'unavailable', called: false })
    assert.deepEqual(
      operators.of('normal').map(({ name }) => name),
      ['B'],
    )
    assert.equal((await ended)[0]?.called, true)
    reload(at('A'), at('B'))
    control({ A: 'drained', B: 'drained' })
    const waiting = operators.whenAdmitting('normal', AbortSignal.timeout(TIMEOUT_MS))
    assert.equal(await isWaiting(waiting), true)
    control({ B: 'drained' })
    await waiting
    assert.deepEqual(await call(named('A')), { kind: 'accepted', called: true })
    assert.notEqual(named('A'), drained)
  })

  it('count as those that a message may have while they are drained', () => {
    control({ A: 'drained', B: 'drained' })
    const [only] = operators.route('normal', [
      { recipient: '989121234567', userId: 1, sender: null, reference: 'a:1' },
    ])
    assert.deepEqual([only?.operators, only?.operatorsTotal], [[], 2])
  })
})
