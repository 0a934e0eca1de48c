import assert from 'node:assert/strict'
import { Dispatcher } from 'undici'
import { exchange } from '../../../src/operators/http/exchange.ts'

/** A dispatcher whose request starts and then fails. */
class Failing extends Dispatcher {
  readonly error: Error
  constructor(error: Error) {
    super()
    this.error = error
  }
  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController
    handler.onRequestStart?.(controller, {})
    handler.onResponseError?.(controller, this.error)
    return true
  }
}

describe('one exchange with an operator', () => {
  const failWith = (error: Error) =>
    exchange(new Failing(error), {
      ...{ method: 'POST', path: '/messages', headers: {}, body: '{}', timeoutMs: 1_000 },
    })

  it('knows that a request whose write failed did not leave', async () => {
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })
    assert.deepEqual(await failWith(error), { sent: false, wasCut: true, fault: 'EPIPE' })
  })

  it('does not claim that of a connection that was reset while it read', async () => {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
    assert.deepEqual(await failWith(error), { sent: true, wasCut: true, fault: 'ECONNRESET' })
  })
})
