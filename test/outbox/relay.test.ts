import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import { sql } from 'kysely'
import { relayOnce } from '../../src/outbox/index.ts'
import type { RelaySettings } from '../../src/outbox/index.ts'
import { queuesOf, topology } from '../../src/outbox/topology.ts'
import { openPublisher } from '../../src/platform/broker/index.ts'
import type { Publisher } from '../../src/platform/broker/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { NOW_KEY, makeDue } from '../support/makeDue.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { relaySettings } from './relaySettings.ts'
import { readyOf, rowsOf } from './rows.ts'

describe('the relay', () => {
  let stack: Stack
  let publisher: Publisher
  let settings: RelaySettings
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000_000)
    publisher = await openPublisher({
      url: stack.amqpUrl,
      name: 'test relay',
      queues: topology(queuesOf(stack.queues)),
      onState: () => {},
    })
    await eventually('the publisher is ready', () => publisher.isReady())
    settings = relaySettings(stack, 'normal', publisher)
  })
  afterEach(async () => {
    await publisher.close()
    await stack.drop()
  })

  const rows = () => rowsOf(stack.db)
  const dueNow = () => transact(stack.db, 'test.due', (tx) => makeDue(tx, sql`TRUE`))
  const ready = (count: number) =>
    eventually(
      `${count} envelopes are ready`,
      async () => (await publisher.readyMessages(stack.queues.normal)) === count,
    )

  it('publishes what is ready, and lets it come due again in a minute, should it be lost', async () => {
    await sendOne(stack.db, { userId: 1, to: 1 })
    assert.equal(await relayOnce(settings), 1)
    await ready(1)
    const [row] = await rows()
    assert.ok(row && row.dueInMs > 50_000 && row.dueInMs <= 60_000)
    assert.equal(await relayOnce(settings), 0)
  })

  it('publishes again what came due again', async () => {
    await sendOne(stack.db, { userId: 1, to: 1 })
    await relayOnce(settings)
    await dueNow()
    assert.equal(await relayOnce(settings), 1)
    await ready(2)
  })

  it('keeps the broker shallow: it fills the queue to 12 envelopes, and claims nothing while more than 4 are ready', async () => {
    await sendOne(stack.db, { userId: 1, to: 3_000 })
    assert.equal(await relayOnce(settings), 12)
    await ready(12)
    assert.equal(await relayOnce(settings), 0)
    assert.equal((await readyOf(stack.db)).length, 18)
  })

  it('publishes an envelope again after a fixed delay when the queue was full', async () => {
    await sendOne(stack.db, { userId: 1, to: 1 })
    const refusing: Publisher = { ...publisher, publish: () => Promise.resolve('refused') }
    assert.equal(await relayOnce({ ...settings, publisher: refusing }), 0)
    const [row] = await rows()
    assert.equal(row?.lastError, 'the queue is full')
    assert.ok(row && row.dueInMs <= 500)
    await dueNow()
    assert.equal(await relayOnce(settings), 1)
  })

  it('is refused by the broker itself when other relays filled the queue', async () => {
    const results = await Promise.all(
      Array.from({ length: 600 }, () => publisher.publish(stack.queues.normal, Buffer.from('{}'))),
    )
    assert.ok(results.includes('refused'), [...new Set(results)].join())
    assert.ok(results.includes('confirmed'))
  })

  it('publishes an envelope again that no queue took', async () => {
    await sendOne(stack.db, { userId: 1, to: 1 })
    // Deleted between the look at its length and the publish, as seldom happens.
    const unlucky: Publisher = {
      ...publisher,
      publish: async (queue, body) => {
        const connection = await connect(stack.amqpUrl)
        const channel = await connection.createChannel()
        await channel.deleteQueue(queue)
        await connection.close()
        return publisher.publish(queue, body)
      },
    }
    assert.equal(await relayOnce({ ...settings, publisher: unlucky }), 0)
    const [row] = await rows()
    assert.equal(row?.lastError, `no queue ${stack.queues.normal}`)
    await dueNow()
    // The missing queue fails the look at its length, which makes the link connect and declare anew.
    await eventually(
      'the envelope is published',
      async () => (await relayOnce(settings).catch(() => 0)) === 1,
    )
  })

  it('leaves a row alone that another session moved while it was being published', async () => {
    await sendOne(stack.db, { userId: 1, to: 1 })
    const slow: Publisher = {
      ...publisher,
      publish: async (queue, body) => {
        const result = await publisher.publish(queue, body)
        await look(stack.db, sql`UPDATE outbox_events SET order_key = ${NOW_KEY} + 7000000`)
        return result
      },
    }
    await relayOnce({ ...settings, publisher: slow })
    const [row] = await rows()
    assert.ok(row && row.dueInMs <= 7_000)
  })

  it('claims nothing while the broker is unavailable', async () => {
    await sendOne(stack.db, { userId: 1, to: 1 })
    await publisher.close()
    assert.equal(await relayOnce(settings), 0)
    const [row] = await rows()
    assert.deepEqual([row?.lane, row?.lastError], [2, null])
  })
})
