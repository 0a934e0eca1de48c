import assert from 'node:assert/strict'
import {
  meanMsBetween,
  parseOperationTotals,
  readOperationTotals,
} from '../../../loadtest/bench/measure/operationTimes.ts'
import { startTestEngine } from '../../support/engine.ts'

const metricsOf = (count: number, seconds: number) => `
chapar_db_operation_duration_seconds_bucket{le="0.1",operation="outbox.claim",outcome="ok"} 3
chapar_db_operation_duration_seconds_sum{operation="outbox.claim",outcome="ok"} ${seconds}
chapar_db_operation_duration_seconds_count{operation="outbox.claim",outcome="ok"} ${count}
chapar_db_operation_duration_seconds_count{operation="outbox.claim",outcome="failed"} 99
`

describe('the time of database operations between two readings', () => {
  it('is the mean of those that succeeded meanwhile', () => {
    const [before, after] = [metricsOf(10, 1), metricsOf(14, 1.02)].map(parseOperationTotals)
    assert.ok(before && after)
    assert.equal(meanMsBetween(before, after, 'outbox.claim').toFixed(6), '5.000000')
    assert.equal(meanMsBetween(new Map(), after, 'outbox.claim').toFixed(3), '72.857')
  })

  it('is unknown for an operation that did not run', () => {
    const same = parseOperationTotals(metricsOf(10, 1))
    assert.ok(Number.isNaN(meanMsBetween(same, same, 'outbox.claim')))
    assert.ok(Number.isNaN(meanMsBetween(same, same, 'outbox.none')))
  })

  it('is read from what the engine serves', async () => {
    const engine = await startTestEngine()
    try {
      const totals = await readOperationTotals(engine.url)
      assert.ok((totals.get('self_test')?.count ?? 0) > 0)
    } finally {
      await engine.stop()
    }
  })
})
