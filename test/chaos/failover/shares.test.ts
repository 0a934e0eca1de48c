import assert from 'node:assert/strict'
import { deviationOf, sumOf } from '../../../chaos/failover/shares.ts'

describe('the shares of two processes', () => {
  it('are off by what the busier one has above an even share', () => {
    assert.equal(deviationOf([100, 100]), 0)
    assert.equal(deviationOf([110, 90]), 0.1)
    assert.equal(deviationOf([200, 0]), 1)
  })

  it('are sums over all series of a counter, and of no other', () => {
    const text = [
      '# HELP sent_total Something',
      'sent_total{class="normal"} 12',
      'sent_total{class="express",operator="a"} 1.5e+1',
      'sent_total_of_others 100',
      'not_sent_total 100',
    ].join('\n')
    assert.equal(sumOf('sent_total', text), 27)
  })
})
