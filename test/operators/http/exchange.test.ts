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
    exchange(new Failing(error), { path: '/messages', json: '{}', timeoutMs: 1_000 })

  it('knows that a request whose write failed did not leave', async () => {
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })
    assert.deepEqual(await failWith(error), { sent: false, fault: 'EPIPE' })
  })

  it('does not claim that of a connection that was reset while it read', async () => {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
    assert.deepEqual(await failWith(error), { sent: true, fault: 'ECONNRESET' })
  })

  it('tells of a connection that had been used before and was closed without an answer', async () => {
    const closed = { code: 'UND_ERR_SOCKET', socket: { bytesRead: 120 } }
    const error = Object.assign(new Error('other side closed'), closed)
    assert.deepEqual(await failWith(error), { sent: true, fault: 'UND_ERR_SOCKET', closedWhileIdle: true })
  })
})
