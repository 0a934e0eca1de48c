import assert from 'node:assert/strict'
import { openHedgeBudget } from '../../src/delivery/hedge/budget.ts'
import { hedgeAfterMs, slowLast } from '../../src/delivery/hedge/delay.ts'
import { openLatencies } from '../../src/delivery/hedge/latencies.ts'
import { testOperator } from './operators.ts'

describe('when a second operator is asked', () => {
  let nowMs = 0
  beforeEach(() => (nowMs = 0))
  const open = () => openLatencies(() => nowMs)
  const call = (latencies: ReturnType<typeof open>, ms: number, times = 1) => {
    for (let count = 0; count < times; count++) {
      const end = latencies.begin('a')
      nowMs += ms
      end()
    }
  }

  it('is after the p95 of recent answers, within a floor and a cap, and at the cap before enough are known', () => {
    assert.deepEqual(
      [undefined, 10, 120, 4_000].map((p95Ms) => hedgeAfterMs(p95Ms, 500)),
      [500, 50, 120, 500],
    )
    const latencies = open()
    call(latencies, 10, 19)
    assert.equal(latencies.p95Ms('a'), undefined)
    call(latencies, 10, 80)
    call(latencies, 300, 1)
    assert.equal(latencies.p95Ms('a'), 10)
    call(latencies, 300, 5)
    assert.equal(latencies.p95Ms('a'), 300)
    nowMs += 31_000
    assert.equal(latencies.p95Ms('a'), undefined)
  })

  it('knows of an operator that has just become slow by the calls that are in flight', () => {
    const latencies = open()
    call(latencies, 10, 100)
    for (let count = 0; count < 10; count++) latencies.begin('a')
    assert.equal(latencies.p95Ms('a'), 10)
    nowMs += 700
    assert.equal(latencies.p95Ms('a'), 700)
  })

  it('is the other way round while an operator is known to be slow', () => {
    const latencies = open()
    const candidates = ['a', 'b', 'c'].map((name) => {
      return { operator: testOperator(name), submissionsLeft: 1, notBeforeMs: 0 }
    })
    const names = () => slowLast(candidates, latencies, 500).map(({ operator }) => operator.name)
    assert.deepEqual(names(), ['a', 'b', 'c'])
    call(latencies, 700, 20)
    assert.deepEqual(names(), ['b', 'c', 'a'])
  })

  it('is bounded to a share of the messages that could be sent twice', () => {
    const budget = openHedgeBudget()
    assert.ok(budget.tryTake(500) && !budget.tryTake(1))
    budget.refill(100)
    assert.ok(budget.tryTake(10) && !budget.tryTake(1))
  })
})
