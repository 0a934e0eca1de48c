import assert from 'node:assert/strict'
import { createOutboxEvents } from '../../src/outbox/index.ts'
import { oncePerMinute } from '../../src/platform/telemetry/index.ts'
import { Registry } from '../../src/platform/telemetry/index.ts'
import { memoryLog } from '../support/memoryLog.ts'

describe('the events of the outbox', () => {
  it('have all their label values from the start', async () => {
    const registry = new Registry()
    createOutboxEvents(memoryLog().logger, registry)
    const text = await registry.metrics()
    for (const type of ['express', 'normal']) {
      for (const name of [
        `chapar_published_envelopes_total{class="${type}",result="confirmed"}`,
        `chapar_published_envelopes_total{class="${type}",result="failed"}`,
        `chapar_published_recipients_total{class="${type}"}`,
        `chapar_outbox_due_rows_total{class="${type}"}`,
        `chapar_outbox_unreadable_total{class="${type}"}`,
        `chapar_relay_failures_total{class="${type}"}`,
      ])
        assert.ok(text.includes(`${name} 0\n`), name)
    }
  })

  it('count rows that came due, and write a line of them once a minute', async () => {
    const registry = new Registry()
    const log = memoryLog()
    const events = createOutboxEvents(log.logger, registry)
    for (const rows of [3, 4]) events.dueClaimed({ type: 'express', rows })
    assert.match(await registry.metrics(), /chapar_outbox_due_rows_total\{class="express"\} 7\n/)
    assert.deepEqual(
      log.lines().map(({ level, class: type, rows }) => [level, type, rows]),
      [['info', 'express', 3]],
    )
  })

  it('tell faults of one class or reason beside those of another', () => {
    const log = memoryLog()
    const events = createOutboxEvents(log.logger, new Registry())
    for (const type of ['express', 'normal'] as const)
      for (const reason of ['the queue is full', 'no queue'])
        events.publishFailed({ type, envelopes: 1, reason })
    assert.equal(log.lines().length, 4)
  })
})

describe('a line that is written once a minute', () => {
  it('is written at once, and then with the sum of what was left out', () => {
    let timeMs = 0
    const report = oncePerMinute(() => timeMs)
    const written: number[] = []
    const tell = (count: number) => report('same', count, (sum) => written.push(sum))
    tell(1)
    tell(2)
    timeMs = 59_999
    tell(3)
    assert.deepEqual(written, [1])
    timeMs = 60_000
    tell(4)
    assert.deepEqual(written, [1, 9])
  })
})
