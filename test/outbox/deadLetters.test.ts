import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import {
  dropDeadLetters,
  listDeadLetters,
  replayDeadLetters,
} from '../../src/outbox/deadLetters/deadLetters.ts'
import { encodeEnvelope, queuesOf } from '../../src/outbox/index.ts'
import { CAME_FROM_HEADER, REASON_HEADER } from '../../src/platform/broker/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const NUMBER = '09128582812'
const ALL: ReadonlySet<string> = new Set()

describe('a queue message that cannot be understood', () => {
  let engine: TestEngine
  let unreadableBefore: number
  beforeEach(async () => {
    engine ??= await startTestEngine()
    unreadableBefore = await unreadable()
  })
  afterEach(() => dropDeadLetters(query()))
  after(() => engine.stop())

  const query = (type: MessageClass = 'normal', ids = ALL) => ({
    url: engine.stack.amqpUrl,
    ...queuesOf(engine.stack.queues)[type],
    ids,
  })
  const unreadable = () => engine.metric('chapar_unreadable_messages_total{class="normal"}')

  /**
   * Puts bodies into the queue of normal messages and waits until the consumer has dead-lettered them. A list may put
   * those that are there already behind those that still come.
   */
  async function poison(...bodies: Buffer[]): Promise<void> {
    await publish(engine.stack.queues.normal, bodies)
    const connection = await connect(engine.stack.amqpUrl)
    const channel = await connection.createChannel()
    await eventually('they are dead-lettered', async () => {
      const { messageCount } = await channel.checkQueue(`${engine.stack.queues.normal}.dead`)
      return messageCount === bodies.length
    })
    await connection.close()
  }

  async function publish(queue: string, bodies: Buffer[], headers: object = {}): Promise<void> {
    const connection = await connect(engine.stack.amqpUrl)
    const channel = await connection.createConfirmChannel()
    for (const body of bodies) channel.sendToQueue(queue, body, { persistent: true, headers })
    await channel.waitForConfirms()
    await connection.close()
  }

  const list = (ids = ALL) => listDeadLetters(query('normal', ids))
  const envelope = (type: MessageClass, changes: object = {}) => {
    const ranges = [{ smsIdentifier: randomUUID(), first: 1, last: 1, userId: 7 }]
    const json = JSON.parse(encodeEnvelope({ outboxId: randomUUID(), type, ranges }).toString()) as object
    return Buffer.from(JSON.stringify({ ...json, ...changes }))
  }

  it('is dead-lettered with its reason and shows in a metric', async () => {
    await poison(
      Buffer.from('send hello to everybody'),
      envelope('express'),
      envelope('normal', { version: 2 }),
    )
    const letters = await list()
    const { normal } = engine.stack.queues
    assert.deepEqual(
      letters.map(({ queue }) => queue),
      [normal, normal, normal],
    )
    const [malformed, wrongClass, wrongVersion] = letters.map(({ reason }) => reason)
    assert.equal(malformed, 'not JSON')
    assert.match(wrongClass ?? '', /class express in the queue of normal/)
    assert.match(wrongVersion ?? '', /^version: /)
    assert.equal((await unreadable()) - unreadableBefore, 3)
  })

  it('stays in its place and in its order, however often it is listed', async () => {
    await poison(...Array.from({ length: 40 }, (_, index) => Buffer.from(`broken ${index}`)))
    const ids = (await list()).map(({ id }) => id)
    assert.equal(new Set(ids).size, 40)
    const some = new Set(ids.slice(3, 5))
    assert.deepEqual(
      (await list(some)).map(({ id }) => id),
      ids.slice(3, 5),
    )
    assert.deepEqual(
      (await list()).map(({ id }) => id),
      ids,
    )
    await dropDeadLetters(query('normal', some))
    assert.deepEqual(
      (await list()).map(({ id }) => id),
      ids.toSpliced(3, 2),
    )
  })

  it('comes back when it is replayed and is still not understood', async () => {
    await poison(Buffer.from('broken'))
    const [replayed] = await replayDeadLetters(query())
    assert.equal(replayed?.result, 'moved')
    await eventually(
      'the consumer has seen it twice',
      async () => (await unreadable()) - unreadableBefore === 2,
    )
    await eventually('it is dead-lettered again', async () => (await list()).length === 1)
    const [again] = await list()
    assert.equal(again?.id, replayed.id)
    assert.equal(again.reason, 'not JSON')
  })

  it('is delivered when it is replayed and can be understood', async () => {
    const { deadLetterQueue } = query()
    // Names no recipient that exists, so nothing is sent: it is the reading that counts.
    const headers = { [REASON_HEADER]: 'an older version', [CAME_FROM_HEADER]: engine.stack.queues.normal }
    await publish(deadLetterQueue, [envelope('normal')], headers)
    assert.equal((await list())[0]?.reason, 'an older version')
    assert.equal((await replayDeadLetters(query()))[0]?.result, 'moved')
    await eventually('the queue is empty again', async () => (await ready(engine.stack.queues.normal)) === 0)
    assert.deepEqual(await list(), [])
    assert.equal(await unreadable(), unreadableBefore)
  })

  it('stays a dead letter when the queue it came from is gone', async () => {
    await publish(query().deadLetterQueue, [Buffer.from('lost')], { [CAME_FROM_HEADER]: 'no.such.queue' })
    const [kept] = await replayDeadLetters(query())
    assert.equal(kept?.result, 'returned')
    assert.deepEqual(
      (await list()).map(({ id }) => id),
      [kept.id],
    )
  })

  it('is gone when it is dropped', async () => {
    await poison(Buffer.from('one'), Buffer.from('two'))
    const [first, second] = await list()
    const dropped = await dropDeadLetters(query('normal', new Set([first?.id ?? ''])))
    assert.deepEqual(
      dropped.map(({ id, result }) => [id, result]),
      [[first?.id, 'dropped']],
    )
    assert.deepEqual(await list(), [second])
  })

  it('shows no text and no number, whatever it holds', async () => {
    const json = { text: 'your code is 4711', to: NUMBER, [NUMBER]: 'x', list: [9128582812, 'hi', 3] }
    await poison(Buffer.from(JSON.stringify(json)), Buffer.from(`hello ${NUMBER}`))
    const [inJson, plain] = await list()
    assert.equal(inJson?.outline, '{"text":"…","to":"…","…":"…","list":["…","…",3]}')
    assert.equal(plain?.outline, 'not JSON')
  })

  it('is listed and dropped by the command', async () => {
    await poison(Buffer.from(`hello ${NUMBER}`))
    const [letter] = await list()
    const listed = await command('list')
    assert.match(listed, /not JSON/)
    assert.match(listed, new RegExp(letter?.id ?? 'none'))
    assert.doesNotMatch(listed, /hello|0912/)
    assert.match(await command('drop', '--queue', 'normal', '--id', letter?.id ?? ''), /dropped/)
    assert.deepEqual(await list(), [])
  })

  it('is refused in one line where there is no such queue', async () => {
    await assert.rejects(
      listDeadLetters({ ...query(), deadLetterQueue: 'no.such.dead' }),
      /^Error: there is no queue no\.such\.dead on this broker$/,
    )
  })

  async function command(...args: string[]): Promise<string> {
    const { queues, amqpUrl } = engine.stack
    const env = { AMQP_URL: amqpUrl, NORMAL_QUEUE: queues.normal, EXPRESS_QUEUE: queues.express }
    const program = ['--require', './src/runtime.cjs', 'src/deadLetters.ts', ...args]
    const { stdout } = await promisify(execFile)(process.execPath, program, {
      cwd: CHECKOUT,
      env: { ...process.env, ...env },
    })
    return stdout
  }

  async function ready(queue: string): Promise<number> {
    const connection = await connect(engine.stack.amqpUrl)
    const channel = await connection.createChannel()
    const { messageCount } = await channel.checkQueue(queue)
    await connection.close()
    return messageCount
  }
})
