import assert from 'node:assert/strict'
import type { Db } from '../../src/platform/db/index.ts'
import { SILENT, UNAVAILABLE } from './operators.ts'
import { UNKNOWN_SUBMISSIONS_MAX, openBench, openDelivery } from './bench.ts'
import type { Bench } from './bench.ts'
import { accepts, testOperator } from './operators.ts'
import { skippableClock } from './skippableClock.ts'
import type { SkippableClock } from './skippableClock.ts'

const LEASE_MS = 10_000
const ATTEMPT_TIMEOUT_MS = 5_000
const DEDUPLICATES = { deduplicatesReferences: true }

describe('the lease of a message in flight', () => {
  let bench: Bench
  let operations: string[]
  let clock: SkippableClock
  beforeEach(async () => {
    bench = await openBench()
    operations = []
    clock = skippableClock()
  })
  afterEach(async () => {
    clock.restore()
    await bench.close()
  })

  /** The same database, whose operations take as long as the test says, by this process's clock. */
  const observed = (durationsMs: Record<string, number> = {}): Db => ({
    ...bench.db,
    observe: (operation) => {
      operations.push(operation)
      clock.skipMs += durationsMs[operation] ?? 0
    },
  })

  it('is given by the claim and lasts longer than a try', async () => {
    const id = await bench.accept()
    let leaseMs = 0
    const a = testOperator('a', async (batch) => {
      leaseMs = (await bench.row(id)).leaseMs ?? 0
      return accepts(batch)
    })
    await openDelivery(observed(), [a]).deliver(await bench.envelope())
    assert.ok(leaseMs > ATTEMPT_TIMEOUT_MS && leaseMs <= LEASE_MS, `${leaseMs} ms`)
    assert.deepEqual(operations, ['delivery.claim', 'delivery.settle'])
  })

  it('is renewed before every further try, at the same operator and at the next', async () => {
    const id = await bench.accept()
    const leases: number[] = []
    const looking = async () => {
      leases.push((await bench.row(id)).leaseMs ?? 0)
      await bench.shortenLease(id)
      return SILENT
    }
    await openDelivery(observed(), [
      testOperator('a', looking, DEDUPLICATES),
      testOperator('b', looking, DEDUPLICATES),
    ]).deliver(await bench.envelope())
    assert.equal(leases.length, UNKNOWN_SUBMISSIONS_MAX.normal)
    assert.ok(leases.every((leaseMs) => leaseMs > ATTEMPT_TIMEOUT_MS))
  })

  it('needs no renewal before the next operator is asked when the first did not take it', async () => {
    await bench.accept()
    const [a, b] = [testOperator('a', () => UNAVAILABLE), testOperator('b')]
    await openDelivery(observed(), [a, b]).deliver(await bench.envelope())
    assert.deepEqual([a.calls.length, b.calls.length], [1, 1])
    assert.deepEqual(operations, ['delivery.claim', 'delivery.settle'])
  })

  it('is renewed before the first try when the claim took so long that it leaves no room', async () => {
    await bench.accept()
    const a = testOperator('a')
    await openDelivery(observed({ 'delivery.claim': 6_000 }), [a]).deliver(await bench.envelope())
    assert.deepEqual(operations, ['delivery.claim', 'delivery.renew', 'delivery.settle'])
    assert.equal(a.calls.length, 1)
  })

  it('allows no try when its renewal took so long that it leaves no room: the message goes back', async () => {
    const id = await bench.accept()
    const a = testOperator('a')
    await openDelivery(observed({ 'delivery.claim': 6_000, 'delivery.renew': 6_000 }), [a]).deliver(
      await bench.envelope(),
    )
    assert.deepEqual([a.calls, (await bench.row(id)).status], [[], 'pending'])
  })

  it("is every message's own: the renewal of one gives no other the time for a try", async () => {
    const id = await bench.accept({ count: 2 })
    // The first message is the probe of a half-open breaker, hears nothing, and goes on alone; the second was
    // never called meanwhile.
    const a = testOperator(
      'a',
      () => {
        a.answer = accepts
        clock.skipMs += ATTEMPT_TIMEOUT_MS
        return SILENT
      },
      DEDUPLICATES,
    )
    await a.halfOpenBreaker()
    const b = testOperator('b', accepts)
    await openDelivery(observed(), [a, b]).deliver(await bench.envelope())
    assert.deepEqual([a.calls, b.calls.toSorted()], [[[`${id}:1`]], [[`${id}:1`], [`${id}:2`]]])
    assert.equal(operations.filter((operation) => operation === 'delivery.renew').length, 2)
  })
})
