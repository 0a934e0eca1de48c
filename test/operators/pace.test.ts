import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { RATE_MIN } from '../../src/operators/adaptiveRate.ts'
import { createPaces, RETRY_AFTER_MAX_MS } from '../../src/operators/pace.ts'
import type { Pace } from '../../src/operators/pace.ts'

const CALLS_MAX = 5

describe('the paces of an operator', () => {
  let paces: { normal: Pace; express: Pace }
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
    paces = createPaces({ now: () => Date.now() })
  })
  afterEach(() => mock.timers.reset())

  const admit = (pace: Pace, calls: number) => {
    for (let call = 0; call < calls; call++) pace.admitted(pace.begin())
  }
  /** As many calls as it takes until their share points to a limit. */
  const throttle = (pace: Pace, retryAfterMs: number | null = null) => {
    const now = () => [paces.normal.callsPerSecond(), paces.express.callsPerSecond()].join()
    const before = now()
    for (let call = 0; call < CALLS_MAX && now() === before; call++)
      pace.throttled(pace.begin(), retryAfterMs)
  }
  const waitOf = (pace: Pace) => Math.max(0, pace.readyAtMs() - Date.now())
  /** Plays time in small steps, as timers that depend on each other need it. */
  const pass = async (ms: number) => {
    for (let step = 0; step < ms; step += 10) {
      mock.timers.tick(10)
      await Promise.resolve()
    }
  }

  it('are unlimited until the operator throttles', async () => {
    for (const pace of [paces.normal, paces.express]) {
      admit(pace, 1_000)
      assert.equal(pace.callsPerSecond(), null)
      for (let call = 0; call < 100; call++) assert.equal(await pace.acquire(0), true)
    }
  })

  it('fall below the rate that the operator took when it throttles normal traffic', () => {
    admit(paces.normal, 20)
    throttle(paces.normal)
    assert.equal(paces.normal.callsPerSecond(), 16)
  })

  it('stay as they are while an operator throttles few of the normal calls, as it may do at random', () => {
    for (let round = 0; round < 20; round++) {
      admit(paces.normal, 20)
      paces.normal.throttled(paces.normal.begin(), null)
    }
    assert.equal(paces.normal.callsPerSecond(), null)
  })

  it('leave express as it is when normal traffic is throttled', async () => {
    admit(paces.normal, 20)
    admit(paces.express, 2)
    throttle(paces.normal, 30_000)
    assert.equal(paces.express.callsPerSecond(), null)
    assert.equal(await paces.express.acquire(0), true)
    assert.ok(waitOf(paces.normal) > 0)
  })

  it('slow normal traffic down, and not express, when an express call is throttled', () => {
    admit(paces.normal, 10)
    admit(paces.express, 10)
    throttle(paces.express)
    assert.equal(paces.normal.callsPerSecond(), 6)
    assert.equal(paces.express.callsPerSecond(), null)
  })

  it('slow express down when there is no normal traffic that could make room', () => {
    admit(paces.express, 20)
    throttle(paces.express)
    assert.equal(paces.express.callsPerSecond(), 16)
  })

  it('give normal traffic what express leaves', async () => {
    admit(paces.normal, 20)
    throttle(paces.normal)
    admit(paces.express, 12)
    assert.equal(paces.normal.callsPerSecond(), 4)
    admit(paces.express, 12)
    assert.equal(paces.normal.callsPerSecond(), RATE_MIN)
    await pass(6_000)
    assert.equal(paces.normal.callsPerSecond(), 16)
  })

  it('fall once for all calls that were in flight when they fell', async () => {
    admit(paces.normal, 20)
    const inFlight = Array.from({ length: 15 }, () => paces.normal.begin())
    await pass(10)
    throttle(paces.normal)
    for (const beganAtMs of inFlight) paces.normal.throttled(beganAtMs, null)
    assert.equal(paces.normal.callsPerSecond(), 16)
  })

  it('count answers that arrive after the first decrease, to calls that began in the second before it', async () => {
    const beforeMs = paces.normal.begin()
    await pass(1_200)
    const inFlight = Array.from({ length: 20 }, () => paces.normal.begin())
    await pass(50)
    admit(paces.express, 4)
    throttle(paces.normal)
    assert.equal(paces.normal.callsPerSecond(), RATE_MIN)
    await pass(100)
    paces.express.admitted(paces.express.begin())
    for (const beganAtMs of [beforeMs, ...inFlight.slice(0, 16)]) paces.normal.admitted(beganAtMs)
    await pass(6_000)
    assert.equal(paces.normal.callsPerSecond(), 16)
  })

  it('count such answers for express too, where it is alone', async () => {
    const inFlight = Array.from({ length: 20 }, () => paces.express.begin())
    await pass(50)
    throttle(paces.express)
    for (const beganAtMs of inFlight) paces.express.admitted(beganAtMs)
    assert.equal(paces.express.callsPerSecond(), 16)
  })

  it('conclude nothing from calls that meet the traffic before the first decrease', async () => {
    admit(paces.normal, 10)
    admit(paces.express, 10)
    throttle(paces.normal)
    for (let step = 0; step < 19; step++) {
      await pass(100)
      for (let call = 0; call < CALLS_MAX; call++) paces.express.throttled(paces.express.begin(), null)
    }
    await pass(5_000)
    assert.deepEqual([paces.normal.callsPerSecond(), paces.express.callsPerSecond()], [16, null])
  })

  it('admit calls one by one at the rate, in order', async () => {
    admit(paces.normal, 20)
    throttle(paces.normal)
    await pass(1_000)
    const begun: number[] = []
    const startMs = Date.now()
    for (let call = 0; call < 8; call++)
      void paces.normal.acquire(5_000).then((mayBegin) => begun.push(mayBegin ? call : -1))
    await pass(500)
    // 16 a second: one at once, then one each 62.5 ms.
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7])
    assert.equal(Date.now() - startMs, 500)
  })

  it('say when the next call may begin, behind those that wait', async () => {
    admit(paces.normal, 20)
    throttle(paces.normal)
    await pass(1_000)
    assert.equal(await paces.normal.acquire(0), true)
    const first = waitOf(paces.normal)
    void paces.normal.acquire(5_000)
    void paces.normal.acquire(5_000)
    assert.equal(Math.round((waitOf(paces.normal) - first) / 10), 12)
  })

  it('refuse a call that would wait too long, at once', async () => {
    throttle(paces.normal, 10_000)
    assert.equal(await paces.normal.acquire(9_999), false)
  })

  it('refuse a waiting call as soon as the operator asks for more time than it has', async () => {
    throttle(paces.normal, 1_000)
    const waiting = paces.normal.acquire(2_000)
    throttle(paces.normal, 30_000)
    await pass(200)
    assert.equal(await waiting, false)
  })

  for (const [asked, waitMs] of [
    [0, 0],
    [-1, 0],
    [NaN, 0],
    [2_000, 2_000],
    [Infinity, RETRY_AFTER_MAX_MS],
    [600_000, RETRY_AFTER_MAX_MS],
  ] as const) {
    it(`keep express calls back for ${waitMs} ms when the operator asks for ${asked}`, () => {
      throttle(paces.express, asked)
      assert.equal(waitOf(paces.express), waitMs)
      assert.ok(waitOf(paces.normal) >= waitMs)
    })
  }

  it('grow while calls wait for them, and only then', async () => {
    admit(paces.normal, 20)
    throttle(paces.normal)
    await pass(10_000)
    assert.equal(paces.normal.callsPerSecond(), 16)
    for (let second = 0; second < 60; second++) {
      throttledBy(paces.normal, 100)
      await pass(1_000)
    }
    assert.ok((paces.normal.callsPerSecond() ?? 0) > 100)
  })

  it('stay below a limit that was found for a while', async () => {
    admit(paces.normal, 20)
    throttle(paces.normal)
    await pass(2_000)
    admit(paces.normal, 20)
    throttle(paces.normal)
    const ceilings: number[] = []
    for (let second = 0; second < 25; second++) {
      throttledBy(paces.normal, 100)
      await pass(1_000)
      ceilings.push(paces.normal.callsPerSecond() ?? Infinity)
    }
    assert.equal(Math.max(...ceilings), 18)
  })

  it('never fall below what shows that the operator takes calls again', () => {
    for (let time = 0; time < 10; time++) {
      mock.timers.tick(2_000)
      throttle(paces.normal)
    }
    assert.equal(paces.normal.callsPerSecond(), RATE_MIN)
  })

  /** Calls that wait for longer than they may. */
  function throttledBy(pace: Pace, calls: number): void {
    for (let call = 0; call < calls; call++) void pace.acquire(900)
  }
})
