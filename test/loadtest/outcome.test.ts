import assert from 'node:assert/strict'
import { readOutcome } from '../../loadtest/outcome.ts'
import type { FoundRecipient } from '../../loadtest/follow.ts'

const START_MS = Date.parse('2026-01-02T03:04:05.600Z')

async function* found(...named: Partial<FoundRecipient>[]): AsyncGenerator<FoundRecipient> {
  for (const each of named) {
    await Promise.resolve()
    yield {
      customerId: 10,
      type: 'normal',
      status: 'done',
      acceptedMs: START_MS,
      updatedMs: START_MS + 50,
      ...each,
    }
  }
}

describe('the outcome of a load', () => {
  it('tells what was accepted and is nowhere from what is there without an answer', async () => {
    const recipients = found({}, {}, { customerId: 12 })
    const { missing, unanswered, wrong } = await readOutcome(recipients, {
      customerFirst: 10,
      byCustomer: [1, 3, 1],
    })
    assert.deepEqual([missing, unanswered], [3, 1])
    assert.deepEqual(wrong, ['customer 11: 3 accepted recipients are nowhere to be found'])
  })

  it('counts results, times by class, and seconds from the first acceptance on', async () => {
    const recipients = found(
      { status: 'pending', acceptedMs: START_MS + 950 },
      { type: 'express', updatedMs: START_MS + 1_200 },
      { status: 'failed', acceptedMs: START_MS + 1_100, updatedMs: START_MS + 2_100 },
    )
    const outcome = await readOutcome(recipients, { customerFirst: 10, byCustomer: [3] })
    assert.deepEqual([outcome.done, outcome.failed, outcome.unfinished, outcome.missing], [1, 1, 1, 0])
    assert.equal(outcome.handOver.express?.maxMs, 1_200)
    assert.equal(outcome.handOver.normal?.maxMs, 1_000)
    assert.equal(outcome.tookMs, 2_100)
    const { accepted, ended, done } = outcome.timeline
    assert.deepEqual(
      [[...accepted], [...ended], [...done]],
      [
        [
          [0, 2],
          [1, 1],
        ],
        [
          [1, 1],
          [2, 1],
        ],
        [[1, 1]],
      ],
    )
  })
})
