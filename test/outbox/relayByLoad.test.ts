import assert from 'node:assert/strict'
import { decodeEnvelope, relayOnce, startRelay } from '../../src/outbox/index.ts'
import type { RelaySettings } from '../../src/outbox/index.ts'
import { countRecipients } from '../../src/outbox/envelope.ts'
import type { Publisher } from '../../src/platform/broker/index.ts'
import type { Loop } from '../../src/platform/loop.ts'
import { fund, sendOne } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { relaySettings } from './relaySettings.ts'
import { readyOf, rowsOf } from './rows.ts'

describe('the relay under load', () => {
  let stack: Stack
  let relay: Loop | undefined
  /** Recipients of each envelope, in the order of publishing. */
  let published: number[]
  /** What the broker says to a publish; held back until the test lets it. */
  let confirm: () => Promise<void>
  let ready: number
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000_000)
    ;[published, ready, relay] = [[], 0, undefined]
    confirm = () => Promise.resolve()
  })
  afterEach(async () => {
    await relay?.close()
    await stack.drop()
  })

  const broker: Publisher = {
    isReady: () => true,
    readyMessages: () => Promise.resolve(ready),
    publish: async (_queue, body) => {
      published.push(countRecipients(decodeEnvelope(body).ranges))
      await confirm()
      return 'confirmed'
    },
    close: () => Promise.resolve(),
  }
  const settings = (changes: Partial<RelaySettings> = {}): RelaySettings => ({
    ...relaySettings(stack, 'express', broker),
    ...changes,
  })
  const send = async (...sizes: number[]) => {
    for (const to of sizes) await sendOne(stack.db, { userId: 1, to, type: 'express' })
  }
  const dueInSeconds = async () => (await rowsOf(stack.db)).map(({ dueInMs }) => dueInMs / 1_000)

  it('publishes together what became ready while it was publishing', async () => {
    const first = Promise.withResolvers<void>()
    confirm = () => first.promise
    await send(1)
    relay = startRelay(settings())
    await eventually('the first is being published', () => published.length === 1)
    await send(1, 1, 3, 1)
    assert.deepEqual(published, [1])
    first.resolve()
    await eventually('the others are published', () => published.length === 2)
    assert.deepEqual(published, [1, 6])
  })

  it('has one claim at a time, or as many as it has workers', async () => {
    const all = Promise.withResolvers<void>()
    confirm = () => all.promise
    await send(1, 1, 1, 1, 1)
    relay = startRelay(settings({ batchSizeMax: 1, concurrency: 2 }))
    await eventually('both workers are publishing', () => published.length === 2)
    all.resolve()
    await eventually('all are published', () => published.length === 5)
    assert.deepEqual(published, [1, 1, 1, 1, 1])
  })

  it('confirms leases at the latest when it is closed: rows come due again in a minute', async () => {
    await send(1, 100)
    relay = startRelay(settings())
    await eventually('it is published', () => published.length === 2)
    await relay.close()
    for (const seconds of await dueInSeconds()) assert.ok(seconds > 50 && seconds <= 60, `${seconds} s`)
  })

  it('publishes recipients one by one when batches are of one, and a row of several as it is', async () => {
    await send(1, 1, 4, 1)
    const one = settings({ batchSizeMax: 1 })
    for (let round = 0; round < 4; round++) assert.equal(await relayOnce(one), 1)
    assert.deepEqual(published, [1, 1, 4, 1])
    assert.equal(await relayOnce(one), 0)
  })

  it('waits until there is room for 8 of the 12 envelopes that may be ready, and then fills it in one claim', async () => {
    await send(...Array.from({ length: 12 }, () => 100))
    ready = 5
    assert.equal(await relayOnce(settings()), 0)
    ready = 4
    assert.equal(await relayOnce(settings()), 8)
    assert.equal((await readyOf(stack.db)).length, 4)
  })
})
