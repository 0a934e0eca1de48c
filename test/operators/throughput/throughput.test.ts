import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { mock } from 'node:test'
import type { MessageClass } from '../../../src/operators/contract.ts'
import { grantSlice } from '../../../src/operators/throughput/grantSlice.ts'
import { openLocalLease } from '../../../src/operators/throughput/localLease.ts'
import { partsOfCallMax, spacingMs } from '../../../src/operators/throughput/spacing.ts'
import { createThroughput } from '../../../src/operators/throughput/throughput.ts'
import type { Throughput } from '../../../src/operators/throughput/throughput.ts'

const WAIT_MAX_MS = 5_000
/** A turn of the loop of events, and what follows from it. */
const MICROTASKS = 40

interface Call {
  atMs: number
  parts: number
}

/** The most parts in any second, wherever it begins. */
function mostInASecond(calls: Call[]): number {
  return Math.max(
    ...calls.map(({ atMs: from }) =>
      calls
        .filter(({ atMs }) => atMs >= from && atMs < from + 1_000)
        .reduce((sum, { parts }) => sum + parts, 0),
    ),
  )
}

function countOf(calls: Call[]): number {
  return calls.reduce((sum, { parts }) => sum + parts, 0)
}

describe("an operator's bound on message parts a second", () => {
  const now = () => Date.now()
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 }))
  afterEach(() => mock.timers.reset())

  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed++) {
      mock.timers.tick(1)
      for (let turn = 0; turn < MICROTASKS; turn++) await Promise.resolve()
    }
  }
  /** Processes that share the operator's time, as its row does it. */
  const processes = (count: number, partsPerSecond: number) => {
    const lease = openLocalLease(now)
    return Array.from({ length: count }, () =>
      createThroughput({ partsPerSecond, now, lease: (type, costMs) => lease('a', type, costMs) }),
    )
  }
  /** Calls one after the other, for ever, as soon as the queue is short. */
  const callAlways = async (throughput: Throughput, parts: number, calls: Call[]) => {
    for (;;) {
      while (throughput.readyAtMs() > now()) await new Promise((resolve) => setTimeout(resolve, 10))
      const turn = throughput.acquire(parts, WAIT_MAX_MS)
      void turn.then((given) => given && calls.push({ atMs: now(), parts }))
      // Once a millisecond, so that the test ends also where there is no bound.
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  for (const [partsPerSecond, parts] of [
    [200, 5],
    [10, 1],
    [1_000, 25],
    [10, 3],
  ] as const)
    it(`is kept by three processes together, and used: ${partsPerSecond} in calls of ${parts}`, async () => {
      const calls: Call[] = []
      for (const { normal } of processes(3, partsPerSecond)) void callAlways(normal, parts, calls)
      await pass(10_000)
      const most = mostInASecond(calls)
      assert.ok(most <= partsPerSecond, `${most} in a second`)
      // 3 calls of 3 parts fit into a second with 10, so that one part of ten stays free.
      const usable = Math.floor(partsPerSecond / parts) * parts
      assert.ok(countOf(calls) >= usable * 10 * 0.95, `${countOf(calls)} in 10 s`)
    })

  it('lets express pass: it waits for less than half a second behind any amount of normal', async () => {
    const calls: Call[] = []
    const [busy, other] = processes(2, 100)
    assert.ok(busy && other)
    for (const { normal } of [busy, other]) void callAlways(normal, 2, calls)
    await pass(2_000)
    for (const { express } of [busy, other]) {
      const askedAtMs = now()
      const turn = express.acquire(1, WAIT_MAX_MS)
      let waitedMs: number | undefined
      void turn.then(() => (waitedMs = now() - askedAtMs))
      await pass(500)
      assert.ok(waitedMs !== undefined, 'it has its turn')
    }
    assert.ok(mostInASecond(calls) <= 100)
  })

  it('gives up a call whose time is over, or that is stopped, without using the bound', async () => {
    const [{ normal } = { normal: undefined }] = processes(1, 1)
    assert.ok(normal)
    const stop = new AbortController()
    const turns = [
      normal.acquire(1, WAIT_MAX_MS),
      normal.acquire(1, 500),
      normal.acquire(1, WAIT_MAX_MS, stop.signal),
    ]
    const next = normal.acquire(1, WAIT_MAX_MS)
    stop.abort()
    await pass(1_100)
    const [first, second, third] = await Promise.all(turns)
    assert.deepEqual([first !== undefined, second, third], [true, undefined, undefined])
    assert.notEqual(await next, undefined)
  })

  it('is asked of the database again when that was away', async () => {
    const lease = openLocalLease(now)
    let isAway = true
    const { normal } = createThroughput({
      partsPerSecond: 100,
      now,
      lease: (type, costMs) => (isAway ? Promise.reject(new Error('away')) : lease('a', type, costMs)),
    })
    const turn = normal.acquire(1, WAIT_MAX_MS)
    await pass(500)
    isAway = false
    await pass(500)
    assert.notEqual(await turn, undefined)
  })

  it('says that it is busy once its queue is long, so that the next operator is asked', async () => {
    const [{ normal, express } = { normal: undefined, express: undefined }] = processes(1, 10)
    assert.ok(normal && express)
    assert.ok(normal.readyAtMs() <= now())
    for (let call = 0; call < 5; call++) void normal.acquire(1, WAIT_MAX_MS)
    assert.ok(normal.readyAtMs() > now())
    assert.ok(express.readyAtMs() <= now())
    await pass(1_000)
    assert.ok(normal.readyAtMs() <= now())
  })

  it('keeps nothing of a call that gave up waiting at the signal that ends all calls', async () => {
    const [throughput] = processes(1, 1)
    const stopping = new AbortController()
    void throughput?.express.acquire(1, WAIT_MAX_MS)
    void throughput?.express.acquire(1, WAIT_MAX_MS)
    const turn = throughput?.express.acquire(1, 100, stopping.signal)
    assert.equal(getEventListeners(stopping.signal, 'abort').length, 1)
    await pass(101)
    assert.equal(await turn, undefined)
    assert.equal(getEventListeners(stopping.signal, 'abort').length, 0)
  })
})

describe("a slice of an operator's time", () => {
  const grant = (type: MessageClass, leasedUntilUs: number) =>
    grantSlice(type, { leasedUntilUs, nowUs: 1_000_000, costUs: 50_000 })

  it('begins where the last one ends, and time that passed is lost', () => {
    assert.deepEqual(grant('normal', 1_100_000), {
      kind: 'granted',
      startsAtUs: 1_100_000,
      endsAtUs: 1_150_000,
    })
    assert.deepEqual(grant('normal', 400_000), {
      kind: 'granted',
      startsAtUs: 1_000_000,
      endsAtUs: 1_050_000,
    })
  })

  it('is not leased to normal far ahead, which is left to express', () => {
    assert.deepEqual(grant('normal', 1_250_001), { kind: 'later', atUs: 1_000_001 })
    assert.equal(grant('express', 1_250_001).kind, 'granted')
  })
})

describe('the calls within a bound', () => {
  it('are small beside it', () => {
    assert.deepEqual([1, 39, 200, 1_000].map(partsOfCallMax), [1, 1, 5, 25])
  })

  it('are so far apart that equal ones never exceed it in any second', () => {
    for (const [parts, perSecond] of [
      [1, 10],
      [3, 10],
      [7, 100],
      [10, 10],
    ] as const) {
      const calls = Math.ceil(1_000 / spacingMs(parts, perSecond))
      assert.ok(calls * parts <= perSecond, `${calls} calls of ${parts}`)
    }
    assert.ok(spacingMs(10, 5) >= 2_000)
  })
})
