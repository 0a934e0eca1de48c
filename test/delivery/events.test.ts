import assert from 'node:assert/strict'
import { createDeliveryEvents } from '../../src/delivery/index.ts'
import type { Settlement, Task } from '../../src/delivery/index.ts'
import { Registry } from '../../src/platform/telemetry/index.ts'
import type { LogLevel } from '../../src/platform/telemetry/index.ts'
import { memoryLog } from '../support/memoryLog.ts'

const taskNo = (recipientNo: number): Task => ({
  smsIdentifier: '0199d1c4-0000-7000-8000-000000000001',
  recipientNo,
  reference: `r-${recipientNo}`,
  status: 'sending',
  owner: '00',
  userId: 7,
  recipient: '09128582812',
  liveUntil: null,
  retryingMs: null,
  possiblySent: false,
  possibleDuplicate: false,
  text: 'your code is 4711',
  price: 3,
})

const ENDINGS: Settlement[] = [
  { kind: 'done', task: taskNo(1), provider: 'a', providerMessageId: 'm-1' },
  { kind: 'done', task: taskNo(2), provider: 'b', providerMessageId: 'm-2' },
  { kind: 'failed', task: taskNo(3), provider: 'a', reason: 'rejected: 09128582812 is unknown' },
  { kind: 'released', task: taskNo(4), tried: true, reason: 'HTTP 503' },
  { kind: 'released', task: taskNo(5), tried: false, reason: 'breaker open' },
]

async function tell(level: LogLevel) {
  const { logger, lines } = memoryLog(level)
  const registry = new Registry()
  createDeliveryEvents(logger, registry).settled({ type: 'express', endings: ENDINGS })
  return { lines: lines(), metrics: await registry.metrics() }
}

describe('what is told of a settlement', () => {
  it('counts each ending by its kind, and refunds with their money', async () => {
    const { metrics } = await tell('info')
    const lines = metrics.split('\n')
    for (const [outcome, count] of Object.entries({ done: 2, failed: 1, released: 2 })) {
      const series = `chapar_delivery_outcomes_total{class="express",outcome="${outcome}"}`
      assert.ok(lines.includes(`${series} ${count}`), metrics)
    }
    assert.ok(lines.includes('chapar_refunds_total{class="express"} 1'), metrics)
    assert.ok(lines.includes('chapar_refunded_amount_total{class="express"} 3'), metrics)
  })

  it('has a line for each failure, and not what the operator said of it', async () => {
    const { lines } = await tell('info')
    assert.deepEqual(
      lines.map(({ message, recipient_no, reason }) => [message, recipient_no, reason]),
      [['failed and refunded', 3, 'rejected']],
    )
  })

  it('has a line for each ending at debug', async () => {
    const { lines } = await tell('debug')
    assert.deepEqual(
      lines.map(({ message, recipient_no }) => [message, recipient_no]),
      [
        ['sent', 1],
        ['sent', 2],
        ['failed and refunded', 3],
        ['to be tried again', 4],
        ['to be tried again', 5],
      ],
    )
  })
})
