import assert from 'node:assert/strict'
import { shareConnections } from '../../src/operators/connectionShares.ts'
import type { CallResult, MessageClass, OperatorAdapter } from '../../src/operators/contract.ts'
import { message } from './messages.ts'

describe('the connections of an operator', () => {
  let running: PromiseWithResolvers<CallResult>[]
  let shares: Record<MessageClass, OperatorAdapter>
  beforeEach(() => {
    running = []
    shares = shareConnections({
      ...{ name: 'a', batchSizeMax: 100, callsInFlightMax: 4 },
      submit: () => {
        running.push(Promise.withResolvers<CallResult>())
        return running.at(-1)?.promise ?? assert.fail('no call')
      },
      close: () => Promise.resolve(),
    })
  })

  const call = (messageClass: MessageClass, timeoutMs = 60_000) => {
    return shares[messageClass].submit([message()], timeoutMs)
  }
  const begun = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return running.length
  }
  const end = async (at: number) => {
    running[at]?.resolve({ kind: 'answered', results: [] })
    await begun()
  }
  const endAll = async (calls: Promise<CallResult>[]) => {
    for (let at = 0; at < running.length; at++) await end(at)
    await Promise.all(calls)
  }

  it('are used by one class up to the share of the other', async () => {
    const calls = Array.from({ length: 6 }, () => call('normal'))
    assert.equal(await begun(), 3)
    calls.push(call('express'))
    assert.equal(await begun(), 4)
    await endAll(calls)
    assert.equal(await begun(), 7)
  })

  it('go to express first when one becomes free', async () => {
    const calls = [call('normal'), call('normal'), call('express'), call('express')]
    calls.push(call('normal'), call('express'))
    assert.equal(await begun(), 4)
    await end(0)
    assert.equal(await begun(), 5)
    calls.push(call('express'))
    await end(4)
    // Express has its three, so the next one is normal's.
    assert.equal(await begun(), 6)
    await endAll(calls)
  })

  it('make a call unavailable that gets none in time', async () => {
    const calls = Array.from({ length: 3 }, () => call('normal'))
    const late = await call('normal', 1)
    assert.deepEqual(late, { kind: 'unavailable', reason: 'no free connection in time' })
    await endAll(calls)
    assert.equal(await begun(), 3)
  })
})
