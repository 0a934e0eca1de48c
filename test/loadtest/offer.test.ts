import assert from 'node:assert/strict'
import { offer } from '../../loadtest/offer.ts'
import { eventually } from '../support/eventually.ts'

describe('offering load', () => {
  it('sends each request once and never more at once than allowed', async () => {
    const sent: number[] = []
    let inFlight = 0
    let most = 0
    const timetable = { ratePerSecond: 5_000, requests: 50, inFlightMax: 3, overtimeMs: 10_000 }
    const offered = await offer(timetable, async (index) => {
      sent.push(index)
      most = Math.max(most, ++inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight--
    })
    assert.deepEqual(
      sent,
      Array.from({ length: 50 }, (_, index) => index),
    )
    assert.ok(most <= 3)
    assert.equal(offered.answered, 50)
    assert.equal(offered.latenciesMs.length, 50)
  })

  it('counts a stall against every request that came due meanwhile, not only the one that was on its way', async () => {
    const STALL_MS = 40
    const timetable = { ratePerSecond: 1_000, requests: 20, inFlightMax: 1, overtimeMs: 10_000 }
    const { latenciesMs } = await offer(timetable, async (index) => {
      if (index > 0) return
      const startedAtMs = performance.now()
      await eventually('the stall is over', () => performance.now() - startedAtMs >= STALL_MS)
    })
    // Request i was due i milliseconds after the first one and could only be sent when that had been answered.
    for (const [index, latencyMs] of latenciesMs.entries())
      assert.ok(latencyMs >= STALL_MS - index, `${index}: ${latencyMs}`)
  })

  it('gives up what could not be sent when its time and the overtime are over', async () => {
    const timetable = { ratePerSecond: 1_000, requests: 10, inFlightMax: 1, overtimeMs: 10 }
    const startedAtMs = performance.now()
    const offered = await offer(timetable, () =>
      eventually('the overtime is over', () => performance.now() - startedAtMs > 40),
    )
    assert.deepEqual([offered.due, offered.sent, offered.answered], [10, 1, 1])
  })
})
