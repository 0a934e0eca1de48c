import assert from 'node:assert/strict'
import { createCancelEvents } from '../../src/delivery/index.ts'
import type { Cancellation } from '../../src/delivery/index.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import { memoryLog } from '../support/memoryLog.ts'

const MESSAGE = { userId: 7, smsIdentifier: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043' }
const COUNTS = { pending: 0, sending: 0, done: 0, failed: 0, cancelled: 0 }

function cancelled(count: number, now: number): Cancellation {
  return { counts: { ...COUNTS, done: 1, cancelled: count }, refunded: count, cancelledNow: now }
}

describe('the events of cancellations', () => {
  const openEvents = () => {
    const { registry } = createMetrics({ withRuntime: false })
    const log = memoryLog()
    const events = createCancelEvents(log.logger, registry)
    const metrics = async () =>
      [...(await registry.metrics()).matchAll(/^(chapar_cancel\S+ \d+)$/gm)]
        .map(([, line = '']) => line)
        .sort()
    return { events, log, metrics }
  }

  it('have every value from the start', async () => {
    assert.deepEqual(await openEvents().metrics(), [
      'chapar_cancel_requests_total{result="cancelled"} 0',
      'chapar_cancel_requests_total{result="not_cancellable"} 0',
      'chapar_cancel_requests_total{result="not_found"} 0',
      'chapar_cancel_requests_total{result="repeated"} 0',
      'chapar_cancelled_recipients_total 0',
    ])
  })

  it('count each result, and log only what changed something', async () => {
    const { events, log, metrics } = openEvents()
    for (const cancellation of [cancelled(3, 3), cancelled(3, 0), cancelled(0, 0), undefined, undefined])
      events.decided({ ...MESSAGE, cancellation })
    assert.deepEqual(await metrics(), [
      'chapar_cancel_requests_total{result="cancelled"} 1',
      'chapar_cancel_requests_total{result="not_cancellable"} 1',
      'chapar_cancel_requests_total{result="not_found"} 2',
      'chapar_cancel_requests_total{result="repeated"} 1',
      'chapar_cancelled_recipients_total 3',
    ])
    assert.deepEqual(
      log
        .lines()
        .map(({ message, sms_identifier, customer_id, recipients }) => [
          ...[message, sms_identifier, customer_id, recipients],
        ]),
      [['message cancelled', MESSAGE.smsIdentifier, 7, 3]],
    )
  })
})
