import assert from 'node:assert/strict'
import { startRelay } from '../../src/outbox/index.ts'
import type { Publisher } from '../../src/platform/broker/index.ts'
import type { After, Loop } from '../../src/platform/loop.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { fund, sendOne } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { relaySettings } from './relaySettings.ts'
import { rowsOf } from './rows.ts'

const BUSY_MS = 50
const IDLE_POLL_MS = 25
const FULL_POLL_MS = 20
const QUIET_MS = 150
const QUIET_AFTER_MS = 5_000
const NORMAL_QUIET_MS = 600
const CONFIRM_LEASE_AFTER_MS = 2_000

interface Timer {
  ms: number
  atMs: number
  fn: () => void
}

/** A clock that stands still until the test moves it. */
function openClock() {
  let timeMs = 0
  const timers = new Set<Timer>()
  const after: After = (ms, fn) => {
    const timer = { ms, atMs: timeMs + ms, fn }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  return {
    after,
    nowMs: () => timeMs,
    /** What is waited for now. */
    waits: () => [...timers].map(({ ms }) => ms),
    advance: (ms: number) => {
      timeMs += ms
      for (const timer of [...timers]) {
        if (timer.atMs > timeMs) continue
        timers.delete(timer)
        timer.fn()
      }
    },
  }
}

describe('the relay in the course of time', () => {
  let stack: Stack
  let relay: Loop
  let clock: ReturnType<typeof openClock>
  let published: number
  /** Envelopes that the broker has ready. */
  let ready: number
  let broker: Publisher
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    published = ready = 0
    clock = openClock()
    broker = {
      isReady: () => true,
      readyMessages: () => Promise.resolve(ready),
      publish: () => {
        published++
        return Promise.resolve('confirmed')
      },
      close: () => Promise.resolve(),
    }
    relay = open('express')
  })
  afterEach(async () => {
    await relay.close()
    await stack.drop()
  })

  const open = (type: MessageClass) =>
    startRelay({ ...relaySettings(stack, type, broker), nowMs: clock.nowMs, after: clock.after })
  const send = () => sendOne(stack.db, { userId: 1, to: 1, type: 'express' })
  const waitsFor = (ms: number) => eventually(`a wait of ${ms} ms`, () => clock.waits().includes(ms))
  const dueInMs = async () => (await rowsOf(stack.db))[0]?.dueInMs ?? NaN

  it('confirms leases two seconds after it published: rows come due again in a minute', async () => {
    await waitsFor(QUIET_MS)
    await send()
    relay.wake()
    await waitsFor(BUSY_MS)
    await waitsFor(CONFIRM_LEASE_AFTER_MS)
    assert.equal(published, 1)
    assert.ok((await dueInMs()) <= 10_000, 'the lease of its claim')
    clock.advance(CONFIRM_LEASE_AFTER_MS)
    await eventually('the lease is confirmed', async () => (await dueInMs()) > 50_000)
  })

  it('waits from one claim to the next while each finds something, so that more goes together', async () => {
    await waitsFor(QUIET_MS)
    await send()
    relay.wake()
    await waitsFor(BUSY_MS)
    assert.equal(published, 1)
    await send()
    await send()
    relay.wake()
    clock.advance(BUSY_MS - 1)
    assert.ok(clock.waits().includes(BUSY_MS), 'a wake-up does not cut it short')
    clock.advance(1)
    await eventually('the others are published', () => published === 2)
  })

  it('looks less often when nothing was found for a while', async () => {
    await waitsFor(QUIET_MS)
    await send()
    relay.wake()
    await waitsFor(BUSY_MS)
    clock.advance(BUSY_MS)
    await waitsFor(IDLE_POLL_MS)
    clock.advance(QUIET_AFTER_MS)
    await waitsFor(QUIET_MS)
    assert.ok(!clock.waits().includes(IDLE_POLL_MS))
    await send()
    clock.advance(QUIET_MS)
    await waitsFor(BUSY_MS)
    clock.advance(BUSY_MS)
    await waitsFor(IDLE_POLL_MS)
  })

  it('looks again soon while the queue is full, and seldom when it stays full', async () => {
    await waitsFor(QUIET_MS)
    await send()
    relay.wake()
    await waitsFor(BUSY_MS)
    await send()
    ready = 5
    clock.advance(BUSY_MS)
    await waitsFor(FULL_POLL_MS)
    assert.equal(published, 1)
    ready = 4
    clock.advance(FULL_POLL_MS)
    await eventually('the other is published', () => published === 2)
    ready = 5
    await send()
    await waitsFor(BUSY_MS)
    clock.advance(BUSY_MS)
    await waitsFor(FULL_POLL_MS)
    clock.advance(QUIET_AFTER_MS)
    await waitsFor(QUIET_MS)
  })

  it('looks less often for normal messages than for express', async () => {
    const normal = open('normal')
    await waitsFor(NORMAL_QUIET_MS)
    await normal.close()
  })
})
