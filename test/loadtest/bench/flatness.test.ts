import assert from 'node:assert/strict'
import { judgeBacklog, judgeFlatness, judgeMemory } from '../../../loadtest/bench/measure/flatness.ts'
import type { Sample } from '../../../loadtest/result.ts'

const MIB = 1024 * 1024

describe('whether a run could go on for ever', () => {
  it('calls a backlog flat whose last quarter is up to 1.1 times the second, and no more', () => {
    const series = (second: number, last: number) => [0, 0, second, second, 9, 9, last, last]
    assert.equal(judgeBacklog(series(1_000, 1_100), 1_000).isFlat, true)
    assert.equal(judgeBacklog(series(1_000, 1_101), 1_000).isFlat, false)
  })

  it('leaves out the first quarter, in which things begin, and the third', () => {
    const { secondQuarter, lastQuarter } = judgeBacklog([5_000, 5_000, 10, 20, 7_000, 7_000, 30, 50], 1)
    assert.deepEqual([secondQuarter, lastQuarter], [15, 40])
  })

  it('calls what is on its way flat, however it jumps: 200 recipients, or what comes in 0.2 seconds', () => {
    const jump = (last: number) => [1, 1, 1, 1, 1, 1, last, last]
    assert.equal(judgeBacklog(jump(200), 100).isFlat, true)
    assert.equal(judgeBacklog(jump(201), 100).isFlat, false)
    assert.equal(judgeBacklog(jump(400), 2_000).isFlat, true)
    assert.equal(judgeBacklog(jump(401), 2_000).isFlat, false)
  })

  it('lets memory breathe by some megabytes and not grow by more than a tenth', () => {
    const series = (second: number, last: number) => [0, second, 0, last].map((mib) => mib * MIB)
    assert.equal(judgeMemory(series(40, 48)).isFlat, true)
    assert.equal(judgeMemory(series(40, 49)).isFlat, false)
    assert.equal(judgeMemory(series(200, 220)).isFlat, true)
    assert.equal(judgeMemory(series(200, 221)).isFlat, false)
  })

  it('looks at the measured time alone, and at each part by itself', () => {
    const sample = (
      phase: Sample['phase'],
      backlogRecipients: number,
      api: number,
      mysql: number,
    ): Sample => ({
      ...{ elapsedMs: 0, phase, dueRequests: 0, sentRequests: 0, answeredRequests: 0, acceptedRecipients: 0 },
      ...{ backlogRecipients, cpuCores: {}, rssBytes: { api: api * MIB, mysql: mysql * MIB } },
    })
    const flat = judgeFlatness(
      [
        sample('warm-up', 90_000, 900, 900),
        sample('measured', 0, 0, 0),
        sample('measured', 10, 100, 600),
        sample('measured', 10, 150, 600),
        sample('measured', 10, 200, 600),
        sample('drain', 90_000, 900, 900),
      ],
      100,
    )
    assert.equal(flat.backlog?.isFlat, true)
    assert.equal(flat.rssBytes.api?.isFlat, false)
    assert.equal(flat.rssBytes.mysql?.isFlat, true)
  })
})
