import assert from 'node:assert/strict'
import { observeBreakers, registerOperators } from '../../src/operators/index.ts'
import type { OperatorConfig, Operators, OperatorState } from '../../src/operators/index.ts'
import { Registry } from '../../src/platform/telemetry/index.ts'
import { operatorOf } from './operatorOf.ts'
import { SILENT_EVENTS } from './silentEvents.ts'

describe('the metric of circuit breakers', () => {
  let registry: Registry
  let operators: Operators
  beforeEach(() => {
    registry = new Registry()
    operators = registerOperators({
      operators: [at('A'), at('B', { classes: ['normal'] })],
      testOperator: at('T', { classes: ['normal'] }),
      events: SILENT_EVENTS,
      breaker: { volumeThreshold: 1, resetTimeoutMs: 600_000 },
    })
    observeBreakers(registry, operators)
  })
  afterEach(() => operators.close())

  /** Nothing is called here. */
  const at = (name: string, given: Partial<ReturnType<typeof operatorOf>> = {}) =>
    operatorOf({ name, url: 'http://127.0.0.1:1', ...given })
  const reload = (...configs: OperatorConfig[]) => operators.reload({ operators: configs, routes: [] })
  const control = (states: Record<string, OperatorState>) =>
    operators.control(new Map(Object.entries(states).map(([name, state]) => [name, { state, weight: 100 }])))
  const fail = async (name: string) => {
    const breaker = operators.of('normal').find((each) => each.name === name)?.breaker
    const ticket = breaker?.admit()
    assert.ok(breaker && ticket)
    await breaker.record(ticket, true)
  }
  /** Each operator and class with its state: all three are there, and one or none is 1. */
  const shown = async () => {
    const text = await registry.metrics()
    const series = [...text.matchAll(/operator="(\w+)",class="(\w+)",state="([\w-]+)"} ([01])$/gm)]
    const byBreaker = Map.groupBy(series, ([, operator, messageClass]) => `${operator} ${messageClass}`)
    return [...byBreaker].map(([breaker, states]) => {
      assert.equal(states.length, 3, breaker)
      return [
        breaker,
        ...states.filter(([, , , , value]) => value === '1').map(([, , , state]) => state),
      ].join(' ')
    })
  }

  it('has the classes that an operator serves, and no other', async () => {
    const closed = ['A normal closed', 'A express closed', 'B normal closed', 'T normal closed']
    assert.deepEqual((await shown()).sort(), closed.sort())
  })

  it('follows a breaker', async () => {
    await fail('A')
    assert.ok((await shown()).includes('A normal open'))
    assert.ok((await shown()).includes('A express closed'))
  })

  it('has no state for an operator that is paused or drained while it is open, until it goes on', async () => {
    for (const name of ['A', 'B']) await fail(name)
    control({ A: 'paused', B: 'drained' })
    assert.deepEqual((await shown()).sort(), ['A express', 'A normal', 'B normal', 'T normal closed'])
    control({})
    // A drained operator is opened anew.
    for (const each of ['A normal open', 'A express closed', 'B normal closed'])
      assert.ok((await shown()).includes(each), each)
  })

  it('loses an operator, and a class, that the file has no more', async () => {
    await fail('A')
    reload(at('A', { classes: ['express'] }), at('C', { classes: ['normal'] }))
    assert.deepEqual((await shown()).sort(), ['A express closed', 'C normal closed', 'T normal closed'])
    reload(at('C'))
    assert.deepEqual((await shown()).sort(), ['C express closed', 'C normal closed', 'T normal closed'])
  })

  it('is as before when a changed file is refused', async () => {
    await fail('A')
    const before = await shown()
    const changed = at('A', { connections: 8 })
    assert.throws(() => reload(changed, at('B', { url: 'http://user:password@operator' })), TypeError)
    assert.deepEqual(await shown(), before)
  })
})
