import assert from 'node:assert/strict'
import { mock } from 'node:test'
import {
  Breaker,
  RESET_TIMEOUT_MS,
  ROLLING_COUNT_TIMEOUT_MS,
  VOLUME_THRESHOLD,
} from '../../src/operators/breaker.ts'
import type { BreakerState, Ticket } from '../../src/operators/breaker.ts'

describe('the breaker of an operator', () => {
  let breaker: Breaker
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
    breaker = new Breaker()
  })
  afterEach(() => {
    breaker.close()
    mock.timers.reset()
  })

  const admitted = (): Ticket => {
    const ticket = breaker.admit()
    assert.ok(ticket, 'a call should be admitted')
    return ticket
  }
  const callThat = async (failed: boolean) => breaker.record(admitted(), failed)
  const open = async () => {
    for (let call = 0; call < VOLUME_THRESHOLD; call++) await callThat(true)
    assert.equal(breaker.state(), 'open')
  }
  const halfOpen = async () => {
    await open()
    mock.timers.tick(RESET_TIMEOUT_MS)
    assert.equal(breaker.state(), 'half-open')
  }

  it('stays closed for failures that are too few to judge by', async () => {
    for (let call = 1; call < VOLUME_THRESHOLD; call++) await callThat(true)
    assert.equal(breaker.state(), 'closed')
    await callThat(true)
    assert.equal(breaker.state(), 'open')
  })

  it('stays closed while half of the calls fail, and opens when more do', async () => {
    for (let pair = 0; pair < 20; pair++) {
      await callThat(false)
      await callThat(true)
    }
    assert.equal(breaker.state(), 'closed')
    await callThat(true)
    assert.equal(breaker.state(), 'open')
  })

  it('never opens for calls that the operator answered', async () => {
    for (let call = 0; call < 100; call++) await callThat(false)
    assert.equal(breaker.state(), 'closed')
  })

  it('forgets failures that are older than its window', async () => {
    for (let call = 1; call < VOLUME_THRESHOLD; call++) await callThat(true)
    mock.timers.tick(ROLLING_COUNT_TIMEOUT_MS)
    await callThat(true)
    assert.equal(breaker.state(), 'closed')
  })

  it('admits nothing while it is open', async () => {
    await open()
    assert.equal(breaker.isAdmitting(), false)
    assert.equal(breaker.admit(), undefined)
    mock.timers.tick(RESET_TIMEOUT_MS - 1)
    assert.equal(breaker.admit(), undefined)
  })

  it('admits one probe at a time when half-open', async () => {
    await halfOpen()
    assert.equal(breaker.isAdmitting(), true)
    assert.equal(admitted().probe, true)
    assert.equal(breaker.isAdmitting(), false)
    assert.equal(breaker.admit(), undefined)
  })

  it('closes when the probe succeeds', async () => {
    await halfOpen()
    await callThat(false)
    assert.equal(breaker.state(), 'closed')
    assert.equal(admitted().probe, false)
  })

  it('says since when it is open, through probes that fail, until it is closed', async () => {
    assert.equal(breaker.openForMs(), null)
    await halfOpen()
    const halfOpenAtMs = performance.now()
    await callThat(true)
    assert.equal(breaker.state(), 'open')
    const sinceMs = performance.now() - halfOpenAtMs
    assert.ok((breaker.openForMs() ?? 0) >= sinceMs)
    mock.timers.tick(RESET_TIMEOUT_MS)
    await callThat(false)
    assert.deepEqual([breaker.state(), breaker.openForMs()], ['closed', null])
  })

  it('opens again when the probe fails, and probes again after a while', async () => {
    await halfOpen()
    await callThat(true)
    assert.equal(breaker.state(), 'open')
    assert.equal(breaker.admit(), undefined)
    mock.timers.tick(RESET_TIMEOUT_MS)
    assert.equal(admitted().probe, true)
  })

  for (const failed of [false, true]) {
    const late = `a late ${failed ? 'failure' : 'success'} of a call begun before the opening`
    it(`ignores ${late} while open, half-open and closed again`, async () => {
      const before = [admitted(), admitted(), admitted()] as const
      await open()
      await breaker.record(before[0], failed)
      assert.equal(breaker.state(), 'open')
      mock.timers.tick(RESET_TIMEOUT_MS)
      const probe = admitted()
      await breaker.record(before[1], failed)
      assert.equal(breaker.state(), 'half-open')
      assert.equal(breaker.admit(), undefined, 'the probe is still under way')
      await breaker.record(probe, false)
      assert.equal(breaker.state(), 'closed')
      await breaker.record(before[2], failed)
      assert.equal(breaker.state(), 'closed')
    })
  }

  it('ignores a probe that answers twice', async () => {
    await halfOpen()
    const probe = admitted()
    await breaker.record(probe, true)
    await breaker.record(probe, false)
    assert.equal(breaker.state(), 'open')
  })

  it('judges a healed operator by what it does from then on', async () => {
    await halfOpen()
    await callThat(false)
    for (let call = 1; call < VOLUME_THRESHOLD; call++) await callThat(true)
    assert.equal(breaker.state(), 'closed')
    await callThat(true)
    assert.equal(breaker.state(), 'open')
  })

  it('counts failures that arrive together', async () => {
    const tickets = Array.from({ length: 20 }, admitted)
    await Promise.all(tickets.map((ticket, at) => breaker.record(ticket, at < 15)))
    assert.equal(breaker.state(), 'open')
  })

  it('tells each change of state to those who listen, until they leave', async () => {
    const seen: BreakerState[] = []
    const leave = breaker.onChange((state) => seen.push(state))
    await halfOpen()
    await callThat(true)
    mock.timers.tick(RESET_TIMEOUT_MS)
    await callThat(false)
    assert.deepEqual(seen, ['open', 'half-open', 'open', 'half-open', 'closed'])
    leave()
    await open()
    assert.equal(seen.length, 5)
  })

  it('admits nothing and tells nothing once it is closed down, whatever the time', async () => {
    const seen: BreakerState[] = []
    breaker.onChange((state) => seen.push(state))
    const ticket = admitted()
    await open()
    breaker.close()
    mock.timers.tick(10 * RESET_TIMEOUT_MS)
    await breaker.record(ticket, false)
    assert.equal(breaker.admit(), undefined)
    assert.deepEqual(seen, ['open'])
  })
})
