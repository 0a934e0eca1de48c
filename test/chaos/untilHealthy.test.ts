import assert from 'node:assert/strict'
import { countLinks } from '../../chaos/untilHealthy.ts'

describe('the links to operators by the metrics of a process', () => {
  const line = (operator: string, state: string, count: number) =>
    `chapar_operator_links{operator="${operator}",state="${state}"} ${count}\n`

  it('are counted over all operators', () => {
    const metrics = `# HELP chapar_operator_links Links\n${line('c', 'up', 1)}${line('c', 'configured', 2)}${line('d', 'up', 3)}`
    assert.deepEqual([countLinks(metrics, 'up'), countLinks(metrics, 'configured')], [4, 2])
  })

  it('are none where no operator keeps any', () => {
    assert.equal(countLinks('chapar_breaker_state{operator="a"} 0\n', 'up'), 0)
  })
})
