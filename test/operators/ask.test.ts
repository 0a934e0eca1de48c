import assert from 'node:assert/strict'
import { ask } from '../../src/operators/ask.ts'
import { Breaker } from '../../src/operators/breaker.ts'
import type { OperatorAdapter } from '../../src/operators/contract.ts'
import { createPaces } from '../../src/operators/pace.ts'
import { SILENT_EVENTS } from './silentEvents.ts'
import { messages } from './messages.ts'

type Query = NonNullable<OperatorAdapter['query']>

describe('asking an operator for the state of messages', () => {
  let breaker: Breaker
  let asked: number
  beforeEach(() => {
    asked = 0
    breaker = new Breaker({ volumeThreshold: 1, resetTimeoutMs: 1 })
  })
  afterEach(() => breaker.close())

  const askBy = (query: Query | undefined, count = 2) => {
    const adapter: OperatorAdapter = {
      ...{ name: 'a', batchSizeMax: 100, callsInFlightMax: 4 },
      submit: () => assert.fail('nothing is submitted'),
      close: () => Promise.resolve(),
      ...(query && {
        query: (batch, timeoutMs) => {
          asked++
          return query(batch, timeoutMs)
        },
      }),
    }
    const operator = { name: 'a', adapter, breaker, pace: createPaces().normal }
    return ask(operator, messages(count), { timeoutMs: 10_000, events: SILENT_EVENTS })
  }
  const halfOpen = async () => {
    const isHalfOpen = new Promise<void>((resolve) => {
      breaker.onChange((state) => state === 'half-open' && resolve())
    })
    const ticket = breaker.admit()
    assert.ok(ticket)
    await breaker.record(ticket, true)
    await isHalfOpen
  }
  const says: Query = (batch) => Promise.resolve(batch.map(() => ({ kind: 'not_taken' })))
  const fails: Query = () => Promise.resolve({ fault: 'HTTP 500' })

  it('brings an answer for each, by position', async () => {
    assert.deepEqual(await askBy(says), [{ kind: 'not_taken' }, { kind: 'not_taken' }])
  })

  it('knows nothing of what is not answered, and of an adapter that breaks its contract', async () => {
    const unknown = (reason: string) => ({ kind: 'not_known', reason })
    assert.deepEqual(await askBy(fails, 1), [unknown('HTTP 500')])
    assert.deepEqual(await askBy(() => Promise.resolve([]), 1), [unknown('no answer from the adapter')])
    assert.deepEqual(await askBy(() => Promise.reject(new Error('broken')), 1), [unknown('Error: broken')])
  })

  it('does not happen where the operator cannot be asked, or is paused', async () => {
    assert.equal(await askBy(undefined), undefined)
    breaker.hold(true)
    assert.equal(await askBy(says), undefined)
    assert.equal(asked, 0)
  })

  it('is a probe of a breaker that is half-open, and closes it', async () => {
    await halfOpen()
    await askBy(says)
    assert.equal(breaker.state(), 'closed')
  })

  it('leaves a closed breaker closed, however often it fails', async () => {
    for (let question = 0; question < 20; question++) await askBy(fails)
    assert.deepEqual([breaker.state(), asked], ['closed', 20])
  })
})
