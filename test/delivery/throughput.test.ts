import assert from 'node:assert/strict'
import type { Throughput } from '../../src/operators/index.ts'
import { openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { testOperator } from './operators.ts'
import type { TestOperator } from './operators.ts'

/** Two parts in GSM 7 bit. */
const LONG = 'x'.repeat(161)

describe('delivery to an operator with a bound on message parts', () => {
  let bench: Bench
  let a: TestOperator
  let b: TestOperator
  let asked: number[]
  beforeEach(async () => {
    bench = await openBench()
    ;[a, b] = [testOperator('a'), testOperator('b')]
    asked = []
  })
  afterEach(async () => {
    await bench.assertBooksBalance()
    await bench.close()
  })

  /** Grants every turn at once, unless a test says otherwise. */
  const bounded = (operator: TestOperator, given: Partial<Throughput> = {}): TestOperator => {
    const throughput: Throughput = {
      ...{ partsPerSecond: 200, partsMax: 5 },
      readyAtMs: () => -Infinity,
      acquire: (parts) => {
        asked.push(parts)
        return Promise.resolve({ expiresAtMs: Infinity })
      },
      ...given,
    }
    return Object.assign(operator, { throughput })
  }
  const providersOf = async (id: string) => new Set((await bench.rows(id)).map(({ provider }) => provider))

  it('cuts calls by the parts of their messages, and waits for the turn of each', async () => {
    const id = await bench.accept({ count: 7, text: LONG })
    await openDelivery(bench.db, [bounded(a)]).deliver(await bench.envelope())
    assert.deepEqual(await providersOf(id), new Set(['a']))
    assert.deepEqual(
      a.calls.map(({ length }) => length),
      [2, 2, 2, 1],
    )
    assert.deepEqual(asked, [4, 4, 4, 2])
  })

  it('submits a message with more parts than a call may have alone', async () => {
    await bench.accept({ count: 2, text: 'x'.repeat(6 * 153) })
    await openDelivery(bench.db, [bounded(a)]).deliver(await bench.envelope())
    assert.deepEqual(asked, [6, 6])
  })

  it('goes to the next operator while that is busy, and when its turn does not come', async () => {
    const busy = await bench.accept()
    const inAMinute = () => performance.now() + 60_000
    await openDelivery(bench.db, [bounded(a, { readyAtMs: inAMinute }), b]).deliver(await bench.envelope())
    assert.deepEqual(await providersOf(busy), new Set(['b']))
    const late = await bench.accept()
    const never = () => Promise.resolve(undefined)
    await openDelivery(bench.db, [bounded(a, { acquire: never }), b]).deliver(await bench.envelope())
    assert.deepEqual(await providersOf(late), new Set(['b']))
    assert.deepEqual(a.calls, [])
  })

  it('makes no call whose turn is over', async () => {
    const id = await bench.accept()
    let turns = 0
    const acquire = () => Promise.resolve({ expiresAtMs: ++turns === 1 ? performance.now() - 1 : Infinity })
    await openDelivery(bench.db, [bounded(a, { acquire })]).deliver(await bench.envelope())
    assert.deepEqual(await providersOf(id), new Set(['a']))
    assert.deepEqual([turns, a.calls.length], [2, 1])
  })
})
