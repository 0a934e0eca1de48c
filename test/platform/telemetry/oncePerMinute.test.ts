import assert from 'node:assert/strict'
import { oncePerMinute } from '../../../src/platform/telemetry/index.ts'

const MINUTE_MS = 60_000

describe('a repeated line', () => {
  let nowMs: number
  let due: { atMs: number; work: () => void }[]
  let written: string[]
  let report: (key: string, count: number) => void
  beforeEach(() => {
    nowMs = 0
    due = []
    written = []
    const after = (ms: number, work: () => void) => void due.push({ atMs: nowMs + ms, work })
    const once = oncePerMinute(() => nowMs, after)
    report = (key, count) => once(key, count, (sum) => written.push(`${nowMs / 1_000} s: ${key} ${sum}`))
  })
  const passTo = (ms: number) => {
    nowMs = ms
    const [now, rest] = [due.filter(({ atMs }) => atMs <= ms), due.filter(({ atMs }) => atMs > ms)]
    due = rest
    for (const { work } of now) work()
  }

  it('is written at once, and then once a minute with the sum, also when nothing comes any more', () => {
    report('a', 1)
    for (let second = 1; second < 30; second++) {
      passTo(second * 1_000)
      report('a', 10)
    }
    report('b', 2)
    passTo(MINUTE_MS)
    passTo(3 * MINUTE_MS)
    assert.deepEqual(written, ['0 s: a 1', '29 s: b 2', '60 s: a 290'])
    report('a', 5)
    assert.deepEqual(written.at(-1), '180 s: a 5')
  })

  it('is not written for nothing', () => {
    report('a', 1)
    passTo(MINUTE_MS)
    passTo(2 * MINUTE_MS)
    assert.deepEqual(written, ['0 s: a 1'])
  })

  it('goes on among a hundred others, of which the oldest is forgotten', () => {
    for (let key = 0; key <= 100; key++) report(`key ${key}`, 1)
    written = []
    report('key 100', 1)
    report('key 0', 1)
    assert.deepEqual(written, ['0 s: key 0 1'], 'the newest is within its minute, the oldest begins anew')
  })
})
