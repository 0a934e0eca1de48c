import assert from 'node:assert/strict'
import { compareMisses } from '../../../loadtest/bench/measure/compareMisses.ts'

type Taking = [reference: string, firstTakenAt: number | null]

const operatorOf = (latencyMs: number, takings: Taking[]) => ({
  takings: (async function* () {
    for (const [reference, firstTakenAt] of takings) yield await Promise.resolve({ reference, firstTakenAt })
  })(),
  latencyMsAt: () => latencyMs,
})

describe('the comparison of misses with the operators’ records', () => {
  const messages = ['in-time', 'late', 'hedged', 'lost'].map((id) => ({ id, guaranteedByMs: 2_000 }))
  const compare = (listed: string[]) =>
    compareMisses(messages, new Set(listed), [
      operatorOf(5_000, [
        ['late:1', 100],
        ['hedged:1', 100],
        ['normal:1', 100],
      ]),
      operatorOf(20, [
        ['in-time:1', 1_980],
        ['hedged:1', 600],
        ['late:1', null],
      ]),
    ])

  it('finds what no operator had answered in time and what is not listed', async () => {
    const counts = { messages: 4, lateByRecords: 2, unknown: 1, takenTwice: 1 }
    assert.deepEqual(await compare(['late', 'lost']), { ...counts, unlisted: 0, storedLate: 0 })
    assert.deepEqual(await compare(['late', 'in-time']), { ...counts, unlisted: 1, storedLate: 1 })
  })
})
