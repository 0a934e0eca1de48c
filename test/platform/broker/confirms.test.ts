import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ConfirmChannel } from 'amqplib'
import { openConfirms } from '../../../src/platform/broker/confirms.ts'

/** The channel of a node that confirms nothing. */
function unconfirming(): ConfirmChannel {
  return Object.assign(new EventEmitter(), { sendToQueue: () => true }) as unknown as ConfirmChannel
}

describe('the silence of a node', () => {
  it('is that of its confirms, though it answers questions', async () => {
    const confirms = openConfirms(unconfirming())
    const ending = new AbortController()
    const published = confirms.publish('queue', Buffer.from('unconfirmed'), {}, { signal: ending.signal })
    const publishedAtMs = performance.now()
    await confirms.ask(new Promise((resolve) => setImmediate(resolve)))
    const dueForMs = performance.now() - publishedAtMs
    assert.ok(confirms.silentMs() >= dueForMs)
    ending.abort()
    assert.equal(await published, 'lost')
    assert.ok(confirms.silentMs() > 0, 'a confirm is still due')
  })

  it('is none while nothing is due', async () => {
    const confirms = openConfirms(unconfirming())
    await confirms.ask(Promise.resolve())
    assert.equal(confirms.silentMs(), 0)
  })
})
