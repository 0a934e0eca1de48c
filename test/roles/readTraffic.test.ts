import assert from 'node:assert/strict'
import { createDeliveryEvents } from '../../src/delivery/index.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import { openGrowth } from '../../src/processes/index.ts'
import { openTraffic } from '../../src/roles/readTraffic.ts'
import { createMessageEvents } from '../../src/messages/index.ts'
import { memoryLog } from '../support/memoryLog.ts'

describe('the traffic that a process reports', () => {
  it('is that of the last minute, read from its own metrics', async () => {
    let nowMs = 0
    const metrics = createMetrics({ withRuntime: false })
    const messages = createMessageEvents(metrics.registry)
    createDeliveryEvents(memoryLog().logger, metrics.registry)
    const read = openTraffic(metrics.registry, () => nowMs)
    const accept = (recipients: number) =>
      messages.decided({ type: 'normal', recipients, decision: 'accepted' })
    const answer = (route: string, status: string, seconds: number) =>
      metrics.httpDuration.observe({ method: 'POST', route, status }, seconds)
    accept(500)
    await read()
    nowMs = 30_000
    accept(3)
    answer('/v1/messages', '202', 0.004)
    answer('/v1/messages', '503', 20)
    answer('/ops/api/search', '200', 0.004)
    answer('/healthz', '200', 0.004)
    const traffic = await read()
    assert.deepEqual([traffic.seconds, traffic.accepted], [30, { normal: 3, express: 0 }])
    assert.deepEqual(traffic.http, { '2xx': 1, '5xx': 1 })
    assert.deepEqual(traffic.httpDurations, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    assert.deepEqual([traffic.failures, traffic.operators], [{}, {}])
    nowMs = 120_000
    assert.equal((await read()).accepted['normal'], 0)
  })
})

describe('the growth of counters', () => {
  it('is that of a window, and all of a counter that begins in it', () => {
    let nowMs = 0
    const growth = openGrowth(12_000, () => nowMs)
    const at = (ms: number, counts: Record<string, number>) => {
      nowMs = ms
      const { grown, seconds } = growth.take(new Map(Object.entries(counts)))
      return { ...Object.fromEntries(grown), seconds }
    }
    assert.deepEqual(at(0, { a: 100 }), { a: 0, seconds: 0 })
    assert.deepEqual(at(6_000, { a: 110, b: 5 }), { a: 10, b: 5, seconds: 6 })
    assert.deepEqual(at(18_000, { a: 110, b: 6 }), { a: 0, b: 1, seconds: 12 })
  })
})
