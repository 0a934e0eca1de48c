import assert from 'node:assert/strict'
import type { ListedOperator, OperatorState } from '../../src/operators/index.ts'
import type { ProcessState, RunningProcess } from '../../src/processes/index.ts'
import { blockedOperators, blockedSince } from '../../src/timeline/blockedOperators.ts'
import { breakerOf, stateOf } from '../processes/stateOf.ts'

const NOW = new Date('2026-01-19T08:30:00.000Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000)

function listed(
  name: string,
  state: OperatorState = 'active',
  classes = ['normal', 'express'],
): ListedOperator {
  return {
    ...{ name, state, place: 0, protocol: 'chapar-http', classes: classes as ListedOperator['classes'] },
    ...{ throughput: null, configuredAt: ago(600), weight: 100 },
    ...(state === 'active'
      ? { reason: null, changedBy: null, changedAt: null }
      : { reason: 'maintenance', changedBy: 'somebody', changedAt: ago(60) }),
  }
}

function running(...operators: ProcessState['operators']): RunningProcess {
  return {
    ...{ id: 'p', roles: ['consumer'], version: '1', startedAt: ago(600), reportedAt: NOW },
    state: stateOf({}, operators),
  }
}

const blocked = (
  operators: ListedOperator[],
  processes: RunningProcess[] = [],
  query: { type?: 'normal' | 'express'; isTest?: boolean; routed?: string[] } = {},
) => blockedOperators({ type: 'normal', isTest: false, ...query, operators, processes })

describe('the operators of a class are blocked', () => {
  it('when all of them are paused or drained, since the last one was', () => {
    const found = blocked([listed('a', 'paused'), listed('b', 'drained')])
    assert.deepEqual(
      found?.map(({ name, state, by, reason }) => [name, state, by, reason]),
      [
        ['a', 'paused', 'somebody', 'maintenance'],
        ['b', 'drained', 'somebody', 'maintenance'],
      ],
    )
    assert.deepEqual(blockedSince(found ?? []), ago(60))
    assert.equal(blocked([listed('a', 'paused'), listed('b')]), undefined)
  })

  it('whatever those of the other class do', () => {
    const operators = [listed('a', 'paused', ['normal']), listed('b', 'active', ['express'])]
    assert.equal(blocked(operators)?.length, 1)
    assert.equal(blocked(operators, [], { type: 'express' }), undefined)
  })

  it('when the breakers of the others are open in every process, since the last one opened', () => {
    const operators = [listed('a', 'paused'), listed('b')]
    const processes = [running(breakerOf('b', 30_000)), running(breakerOf('b', 5_000)), running()]
    const found = blocked(operators, processes)
    assert.deepEqual(
      found?.map(({ name, state, since }) => [name, state, since]),
      [
        ['a', 'paused', ago(60)],
        ['b', 'unreachable', ago(5)],
      ],
    )
    assert.equal(blocked(operators, [...processes, running(breakerOf('b'))]), undefined)
  })

  it('of a route when those that the route names are, whatever the others do', () => {
    const operators = [listed('a', 'paused'), listed('b')]
    const processes = [running(breakerOf('a'), breakerOf('b'))]
    const namesOf = (routed: string[]) =>
      blocked(operators, processes, { routed })?.map(({ name, by }) => `${name} by ${by}`)
    assert.deepEqual(namesOf(['a']), ['a by somebody'])
    assert.equal(namesOf(['b']), undefined)
    assert.equal(namesOf(['b', 'a']), undefined)
    assert.equal(namesOf([]), undefined)
  })

  it('although one is active by its row that no process has in its configuration', () => {
    const operators = [listed('a', 'paused'), listed('b'), listed('left over')]
    const processes = [running(breakerOf('a'), breakerOf('b', 5_000))]
    const names = (found: ReturnType<typeof blocked>) => found?.map(({ name }) => name)
    assert.deepEqual(names(blocked(operators, processes)), ['a', 'b'])
    assert.equal(blocked(operators), undefined, 'nobody says what is configured')
    const drained = [listed('a', 'drained'), listed('b')]
    assert.deepEqual(names(blocked(drained, [running(breakerOf('b', 5_000))])), ['a', 'b'])
    assert.equal(blocked([listed('left over')], [running(breakerOf('b', 5_000))]), undefined)
  })

  it('by nothing that is not known: without a report, or with one that was cut', () => {
    assert.equal(blocked([listed('a')]), undefined)
    assert.equal(blocked([]), undefined)
    const cut = running(breakerOf('a', 1_000))
    cut.state.operatorsOmitted = 1
    assert.equal(blocked([listed('a')], [cut]), undefined)
  })

  it('of test messages when the test operator is, which nobody pauses', () => {
    const operators = [listed('a', 'paused')]
    const processes = [running(breakerOf('a', 1_000), breakerOf('test', null, true))]
    assert.equal(blocked(operators, processes, { isTest: true }), undefined)
    const found = blocked(operators, [running(breakerOf('test', 2_000, true))], { isTest: true })
    assert.deepEqual(
      found?.map(({ name, since }) => [name, since]),
      [['test', ago(2)]],
    )
  })
})
