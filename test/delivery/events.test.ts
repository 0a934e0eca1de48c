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
  ...{ makesEvents: 0, returned: 0, charging: 'acceptance' },
  userId: 7,
  recipient: '09128582812',
  liveUntil: null,
  calls: [],
  partsTaken: new Map(),
  possiblySent: false,
  possibleDuplicate: false,
  sender: null,
  expiresAtMs: Infinity,
  text: 'your code is 4711',
  isTest: false,
  ...{ onUnknown: null, doubt: null, guaranteedByMs: Infinity, hedge: false },
  price: 3,
  ...{ parts: 1, attempts: 1, unconfirmed: 0, ageMs: 100, acceptedAtMs: performance.now() - 100 },
})
const operator = (name: string) => ({ name, keepsOurReference: true })

const SETTLEMENTS: Settlement[] = [
  { kind: 'done', task: taskNo(1), operator: operator('a'), operatorMessageId: 'm-1' },
  { kind: 'done', task: taskNo(2), operator: operator('b'), operatorMessageId: 'm-2' },
  { kind: 'failed', task: taskNo(3), provider: 'a', reason: 'rejected: 09128582812 is unknown' },
  { kind: 'released', task: taskNo(4), tried: true, reason: 'HTTP 503', retryInMs: 500 },
  { kind: 'released', task: taskNo(5), tried: false, reason: 'breaker open', retryInMs: 500 },
  {
    kind: 'quarantined',
    task: taskNo(6),
    cause: 'result_refused',
    reason: 'the database refused to store: x',
  },
]

async function tell(level: LogLevel) {
  const { logger, lines } = memoryLog(level)
  const registry = new Registry()
  createDeliveryEvents(logger, registry).settled({ type: 'express', settlements: SETTLEMENTS })
  return { lines: lines(), metrics: await registry.metrics() }
}

describe('what is told of a settlement', () => {
  it('counts each settlement by its kind, from zero on, and refunds with their money', async () => {
    const { metrics } = await tell('info')
    const lines = metrics.split('\n')
    for (const [result, count] of Object.entries({
      done: 2,
      failed: 1,
      released: 2,
      quarantined: 1,
      stale: 0,
    })) {
      const series = `chapar_delivery_results_total{class="express",result="${result}"}`
      assert.ok(lines.includes(`${series} ${count}`), metrics)
    }
    assert.ok(lines.includes('chapar_refunds_total{class="express"} 1'), metrics)
    assert.ok(lines.includes('chapar_refunded_amount_total{class="express"} 3'), metrics)
    assert.ok(lines.includes('chapar_quarantined_total{class="express",cause="result_refused"} 1'), metrics)
    assert.ok(lines.includes('chapar_end_to_end_seconds_count{class="express"} 2'), metrics)
  })

  it('has a line for each failure and quarantine, without what the operator said', async () => {
    const { lines } = await tell('info')
    assert.deepEqual(
      lines.map(({ message, recipient_no, reason }) => [message, recipient_no, reason]),
      [
        ['failed and refunded', 3, 'rejected'],
        ['message quarantined', 6, 'the database refused to store'],
      ],
    )
  })

  it('is one line a minute for failures of one reason, with their count', () => {
    const { logger, lines } = memoryLog('info')
    const events = createDeliveryEvents(logger, new Registry())
    const failed = (no: number, reason: string): Settlement => {
      return { kind: 'failed', task: taskNo(no), provider: 'a', reason }
    }
    const settlements = [...Array(500).keys()].map((no) => failed(no, `rejected: ${no} is unknown`))
    events.settled({ type: 'express', settlements: [...settlements, failed(500, 'no operator took it')] })
    assert.deepEqual(
      lines().map(({ message, reason, messages }) => [message, reason, messages]),
      [
        ['failed and refunded', 'rejected', 1],
        ['failed and refunded', 'no operator took it', 1],
      ],
    )
  })

  it('has a line for each settlement at debug', async () => {
    const { lines } = await tell('debug')
    assert.deepEqual(
      lines.map(({ message, recipient_no }) => [message, recipient_no]),
      [
        ['sent', 1],
        ['sent', 2],
        ['failed and refunded', 3],
        ['retry scheduled', 4],
        ['retry scheduled', 5],
        ['message quarantined', 6],
      ],
    )
  })
})

describe('what thousands of messages may meet at once', () => {
  it('is one line a minute for each class, step and error, with the sum', async () => {
    const { logger, lines } = memoryLog('info')
    const registry = new Registry()
    const events = createDeliveryEvents(logger, registry)
    for (let i = 0; i < 100; i++)
      for (const type of ['normal', 'express'] as const) {
        events.possibleDuplicates({ type, messages: 3 })
        events.leasesTakenOver({ type, messages: 2, first: taskNo(i) })
        events.deliveryFailed({ type, step: 'settle', error: new Error('gone') })
      }
    assert.deepEqual(
      lines().map(({ message, class: type, messages, failures }) => [message, type, messages ?? failures]),
      ['normal', 'express'].flatMap((type) => [
        ['marked as possible duplicates', type, 3],
        ['expired lease taken over', type, 2],
        ['delivery step failed', type, 1],
      ]),
    )
    assert.match(await registry.metrics(), /chapar_possible_duplicates_total\{class="normal"\} 300\n/)
  })
})
