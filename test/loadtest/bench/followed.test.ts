import assert from 'node:assert/strict'
import { eventDelays, followedPerSecond } from '../../../loadtest/bench/measure/followed.ts'
import type { TakenEvent } from '../../../loadtest/bench/stage/endpoints.ts'
import { runOf } from '../report/reportOf.ts'

const START = Date.UTC(2026, 0, 1)
const run = (rate: number) =>
  runOf({
    ...{ startedAtEpochMs: START, durationMs: 10_000, offeredPerSecond: rate, settings: { recipients: 1 } },
    recipients: { acceptedPerSecond: rate, donePerSecond: rate, accepted: rate * 10 },
  })
const event = (changedMs: number, takenMs: number, type = 'message.delivered'): TakenEvent => ({
  ...{ type, changedAtEpochMs: START + changedMs, takenAtEpochMs: START + takenMs },
})

describe('messages that are followed to their end', () => {
  it('count as often as their endpoints were told of the delivery in the measured time', () => {
    const told = Array.from({ length: 400 }, (_, index) => event(index, index + 50))
    const others = [event(-100, -1), event(9_990, 10_000), event(5, 9, 'message.sent')]
    assert.equal(followedPerSecond(run(1_000), [...told, ...others], 0.1), 400)
  })

  it('are no more than were handed over', () => {
    const told = Array.from({ length: 400 }, (_, index) => event(index, index + 50))
    assert.equal(followedPerSecond(run(300), told, 0.1), 300)
  })

  it('have delays from the change to the endpoint, whenever it was told', () => {
    const taken = [event(-1, 30), event(0, 70), event(9_999, 12_000), event(10_000, 10_001)]
    assert.deepEqual(eventDelays(run(1), taken), [70, 2_001])
  })
})
