import assert from 'node:assert/strict'
import { runtimePackages } from '../../../../loadtest/bench/against/checkOut.ts'
import { medianRun } from '../../../../loadtest/bench/against/compareScenario.ts'
import type { Comparison } from '../../../../loadtest/bench/findings.ts'
import { nextOffered } from '../../../../loadtest/bench/measure/compareInTurn.ts'
import { comparisonTables, judgeComparison } from '../../../../loadtest/bench/against/describeComparison.ts'
import { runOf } from '../../report/reportOf.ts'

const looked = (rate: number, apiMicros: number) =>
  runOf({
    offeredPerSecond: 1_100,
    settings: { recipients: 1 },
    recipients: { acceptedPerSecond: rate, donePerSecond: rate, accepted: rate },
    cpu: { api: { microsPerMessage: apiMicros, cores: 0.5 }, bench: { microsPerMessage: 9, cores: 0.1 } },
  })

const comparison: Comparison = {
  scenario: 'S1',
  against: '1d6786e',
  turns: [940, 990, 900].map((rate) => ({ rate, referenceRate: 1_000 })),
  ours: [looked(940, 90), looked(990, 110), looked(900, 100)],
  theirs: [looked(1_000, 200), looked(1_000, 200), looked(1_000, 200), looked(1_000, 200)],
}

describe('the comparison with another commit', () => {
  it('is judged by the median of its turns, at 95 % of the other commit', () => {
    const { verdict, measured, target } = judgeComparison(comparison)
    assert.deepEqual([verdict, measured], ['missed', '0.94'])
    assert.match(target, /^S1: this to 1d6786e, the median of 3 turns: at least 0\.95$/)
    const turns = [960, 940, 990].map((rate) => ({ rate, referenceRate: 1_000 }))
    assert.equal(judgeComparison({ ...comparison, turns }).verdict, 'met')
  })

  it('shows each turn, and what a message cost each part without the benchmark itself', () => {
    const [turns, costs] = comparisonTables(comparison)
    assert.deepEqual(turns?.rows[1], ['2', '990', '1000', '0.99'])
    assert.deepEqual(costs?.rows, [
      ['api', '100.0', '200.0', '0.50'],
      ['all', '100.0', '200.0', '0.50'],
    ])
  })

  it('does not favour a side that has one more look: the reference begins and ends', () => {
    const theirs = [100, 100, 140, 140].map((micros) => looked(1_000, micros))
    const [, costs] = comparisonTables({ ...comparison, theirs })
    assert.deepEqual(costs?.rows[0], ['api', '100.0', '120.0', '0.83'])
  })

  it('is represented by the look of the median rate', () => {
    assert.equal(medianRun(comparison.ours)?.recipients.accepted, 940)
    assert.equal(medianRun([]), undefined)
  })

  it('offers more as soon as a side carries all of it', () => {
    assert.equal(nextOffered(1_000, { rate: 900, referenceRate: 970 }, 1), 1_000)
    assert.equal(Math.round(nextOffered(1_000, { rate: 900, referenceRate: 990 }, 1)), 1_100)
    assert.equal(Math.round(nextOffered(10, { rate: 990, referenceRate: 900 }, 100)), 11)
  })
})

describe('the packages of another commit', () => {
  const lock = (packages: object) => JSON.stringify({ packages })
  const engine = { 'node_modules/mysql2': { version: '3.0.0', integrity: 'a' } }

  it('are the same when only tools differ', () => {
    const withTool = { ...engine, '': { version: '2' }, 'node_modules/mocha': { version: '1', dev: true } }
    assert.equal(runtimePackages(lock(engine)), runtimePackages(lock(withTool)))
  })

  it('differ when the engine runs on another version', () => {
    const newer = { 'node_modules/mysql2': { version: '3.0.1', integrity: 'b' } }
    assert.notEqual(runtimePackages(lock(engine)), runtimePackages(lock(newer)))
  })
})
