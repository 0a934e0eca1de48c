import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { createPaces } from '../../src/operators/pace.ts'
import type { MessageClass } from '../../src/operators/contract.ts'
import { seededRandom } from '../../simulator/random.ts'
import { createCallLimit } from '../../simulator/callLimit.ts'

const LATENCY_MS = 50
const CALLS_PER_SECOND_MAX = 20
const NORMAL_WORKERS = 16
const EXPRESS_PER_SECOND = 10
const PACE_WAIT_MAX_MS = 4_900
const RUN_MS = 60_000
/** Normal traffic begins alone, so that its first calls have found the limit. */
const EXPRESS_FROM_MS = 2_000
const RETRY_MS = 100

/** Two operators at their limit, as delivery uses them: the first that is ready, else the next. The clock is simulated. */
describe('express traffic beside normal traffic that two operators throttle', () => {
  let operators: ReturnType<typeof simulate>[]
  const now = () => Date.now()
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(1, ms)))

  const simulate = () => {
    const paces = createPaces({ now })
    const limit = createCallLimit(CALLS_PER_SECOND_MAX, now)
    const admitted = { normal: 0, express: 0 }
    const call = async (messageClass: MessageClass) => {
      const pace = paces[messageClass]
      const beganAtMs = pace.begin()
      const isAdmitted = limit.admits()
      await sleep(LATENCY_MS)
      if (!isAdmitted) pace.throttled(beganAtMs, null)
      else {
        pace.admitted(beganAtMs)
        admitted[messageClass]++
      }
      return isAdmitted
    }
    return { paces, admitted, call }
  }
  const work = async () => {
    for (;;) {
      const [operator] = operators.toSorted(
        (one, other) => one.paces.normal.readyAtMs() - other.paces.normal.readyAtMs(),
      )
      if (await operator?.paces.normal.acquire(PACE_WAIT_MAX_MS)) await operator?.call('normal')
      else await sleep(RETRY_MS)
    }
  }
  /** @returns the time beyond the operator's own latency. */
  const sendExpress = async (): Promise<number> => {
    const startMs = now()
    for (;;) {
      for (const { paces, call } of operators) {
        if (paces.express.readyAtMs() > now()) continue
        if (await call('express')) return now() - startMs - LATENCY_MS
      }
      await sleep(RETRY_MS)
    }
  }

  it('is all taken, with a p99 within 250 ms of the operator, and normal uses what it leaves', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
    operators = [simulate(), simulate()]
    const random = seededRandom(1)
    const sent: Promise<number>[] = []
    for (let worker = 0; worker < NORMAL_WORKERS; worker++) void work()
    let nextAtMs = EXPRESS_FROM_MS
    for (let ms = 0; ms < RUN_MS; ms++) {
      for (
        ;
        nextAtMs <= ms && ms < RUN_MS - 5_000;
        nextAtMs += (-Math.log(1 - random()) * 1_000) / EXPRESS_PER_SECOND
      )
        sent.push(sendExpress())
      mock.timers.tick(1)
      for (let turn = 0; turn < 8; turn++) await Promise.resolve()
    }
    const delays = (await Promise.all(sent)).sort((one, other) => one - other)
    mock.timers.reset()
    assert.ok(delays.length > 400, `${delays.length} express messages`)
    const p99 = delays[Math.floor(delays.length * 0.99)] ?? Infinity
    assert.ok(p99 <= 250, `p99 ${p99} ms`)
    const normal = operators.reduce((sum, { admitted }) => sum + admitted.normal, 0)
    const left = (2 * CALLS_PER_SECOND_MAX - EXPRESS_PER_SECOND) * (RUN_MS / 1_000)
    assert.ok(normal > left / 2, `${normal} normal messages of ${left} that could have been`)
  })
})
