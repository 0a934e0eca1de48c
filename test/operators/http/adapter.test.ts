import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OperatorAdapter, Submission } from '../../../src/operators/contract.ts'
import { httpAdapter } from '../../../src/operators/http/adapter.ts'
import type { Behaviour } from '../../../simulator/behaviour.ts'
import { eventually } from '../../support/eventually.ts'
import { message, messages } from '../messages.ts'
import { spawnSimulator } from '../../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../../simulator/simulatorProcess.ts'

const TIMEOUT_MS = 10_000

describe('the HTTP adapter', () => {
  let simulator: SimulatorProcess
  const adapters: OperatorAdapter[] = []
  const adapt = (connections = 4) => {
    const adapter = httpAdapter({ name: 'a', url: simulator.url, connections })
    adapters.push(adapter)
    return adapter
  }
  before(async () => {
    simulator = await spawnSimulator()
  })
  after(async () => {
    await Promise.all(adapters.map((adapter) => adapter.close()))
    await simulator.stop()
  })
  beforeEach(async () => {
    await simulator.admin.behave({})
    await simulator.admin.forget()
  })

  it('uses one connection for call after call', async () => {
    const adapter = adapt(1)
    const opened = async () => (await simulator.admin.summary()).connections.opened
    const openedBefore = await opened()
    for (let call = 0; call < 20; call++) await adapter.submit([message()], TIMEOUT_MS)
    assert.equal((await opened()) - openedBefore, 1)
  })

  it('names the sender, and none for the default of the operator', async () => {
    const adapter = adapt(1)
    const [named, plain, ...others] = messages(4)
    assert.ok(named && plain)
    named.from = 'My Shop'
    await adapter.submit([named], TIMEOUT_MS)
    await adapter.submit([plain, ...others.map((each) => ({ ...each, from: '+989120000009' }))], TIMEOUT_MS)
    const from = async ({ reference }: { reference: string }) =>
      (await simulator.admin.submission(reference)).from
    assert.deepEqual(await Promise.all([named, plain, ...others].map(from)), [
      ...['My Shop', null],
      ...['+989120000009', '+989120000009'],
    ])
  })

  it('opens no more connections than it may, and sends what waited for one', async () => {
    await simulator.stop()
    simulator = await spawnSimulator()
    await simulator.admin.behave({ latency: { kind: 'fixed', ms: 20 } })
    const adapter = adapt(3)
    const results = await Promise.all(
      Array.from({ length: 12 }, () => adapter.submit(messages(2), TIMEOUT_MS)),
    )
    assert.ok(results.every(({ kind }) => kind === 'answered'))
    assert.equal((await simulator.admin.summary()).connections.peak, 3)
  })

  it('never sends a call whose time ran out while it waited for a connection, and says so', async () => {
    const adapter = adapt(1)
    await simulator.admin.behave({ hangAfterAcceptRate: 1 })
    const [hanging, waiting, next] = [message(), message(), message()]
    const first = adapter.submit([hanging], 3_000)
    await eventually('the first call has come', async () => {
      return (await simulator.admin.submission(hanging.reference)).seen === 1
    })
    assert.equal((await adapter.submit([waiting], 100)).kind, 'unavailable')
    await simulator.admin.behave({})
    assert.equal((await first).kind, 'unknown')
    assert.equal((await adapter.submit([next], TIMEOUT_MS)).kind, 'answered')
    assert.equal((await simulator.admin.submission(waiting.reference)).seen, 0)
  })

  for (const corruptResponseKind of [
    'not-json',
    'empty',
    'truncated',
    'oversized',
    'wrong-shape',
    'wrong-references',
  ] as const) {
    it(`calls messages unknown whose answer cannot be read: ${corruptResponseKind}`, async () => {
      await simulator.admin.behave({ corruptResponseRate: 1, corruptResponseKind })
      const adapter = adapt()
      for (const batch of [messages(1), messages(3)]) {
        const result = await adapter.submit(batch, TIMEOUT_MS)
        assert.equal(result.kind, 'unknown')
        for (const { reference } of batch)
          assert.equal((await simulator.admin.submission(reference)).taken, 1)
      }
    })
  }

  const resultsWhen = async (corruptResponseKind: Behaviour['corruptResponseKind'], count: number) => {
    await simulator.admin.behave({ corruptResponseRate: 1, corruptResponseKind })
    const result = await adapt().submit(messages(count), TIMEOUT_MS)
    assert.equal(result.kind, 'answered')
    return result.kind === 'answered' ? result.results : []
  }
  const kindsWhen = async (corruptResponseKind: Behaviour['corruptResponseKind'], count: number) => {
    return (await resultsWhen(corruptResponseKind, count)).map(({ kind }) => kind)
  }

  it('takes the answers that are there and calls the missing ones unknown', async () => {
    assert.deepEqual(await kindsWhen('missing-answers', 4), ['accepted', 'unknown', 'accepted', 'unknown'])
  })

  it('takes the answers that it can read and calls the malformed ones unknown', async () => {
    assert.deepEqual(await kindsWhen('malformed-answers', 4), ['accepted', 'unknown', 'accepted', 'unknown'])
  })

  it('passes over answers to what it did not ask', async () => {
    assert.deepEqual(await kindsWhen('extra-answers', 2), ['accepted', 'accepted'])
  })

  it('goes by references, not by the order of answers', async () => {
    const [inOrder, reversed] = [await resultsWhen('extra-answers', 3), await resultsWhen('reversed', 3)]
    // The simulator numbers what it takes, so identifiers grow with the position of the message.
    for (const results of [inOrder, reversed]) {
      const numbers = results.map((each) =>
        each.kind === 'accepted' ? parseInt(each.operatorMessageId?.split('-')[1] ?? '', 36) : NaN,
      )
      assert.deepEqual(
        numbers.map((number) => number - (numbers[0] ?? 0)),
        [0, 1, 2],
      )
    }
  })

  for (const kind of ['gzip', 'bom', 'upper-case', 'repeated-answers', 'array-of-one', 'reversed'] as const) {
    it(`reads an unusual answer as what it says: ${kind}`, async () => {
      for (const count of [1, 3]) {
        const accepted = Array.from({ length: count }, () => 'accepted')
        assert.deepEqual(await kindsWhen(kind, count), accepted)
      }
    })
  }

  it('keeps the digits of an identifier that is a number', async () => {
    for (const result of await resultsWhen('numeric-id', 2))
      assert.deepEqual(result, { kind: 'accepted', operatorMessageId: '18858926273619457' })
  })

  it('takes messages for accepted whatever their identifiers look like, and counts those', async () => {
    await simulator.admin.behave({ corruptResponseRate: 1, corruptResponseKind: 'odd-ids' })
    const result = await adapt().submit(messages(4), TIMEOUT_MS)
    assert.deepEqual(result, {
      kind: 'answered',
      results: ['a b', 'x'.repeat(64), null, null].map((operatorMessageId) => {
        return { kind: 'accepted', operatorMessageId }
      }),
      unreadableIdentifiers: 4,
    })
  })

  it('does not choose between contradictory answers', async () => {
    assert.deepEqual(await kindsWhen('contradictory-answers', 3), ['unknown', 'unknown', 'unknown'])
  })

  it('says how long a throttling operator asks to wait', async () => {
    await simulator.admin.behave({ throttleRate: 1, retryAfter: '7' })
    assert.deepEqual(await adapt().submit([message()], TIMEOUT_MS), {
      kind: 'throttled',
      reason: 'HTTP 429: too fast',
      retryAfterMs: 7_000,
    })
  })

  it('asks for answers without compression, and names no trace that it does not record', async () => {
    const server = createServer(({ headers }, response) => {
      const isPlain = headers['accept-encoding'] === 'identity' && !('traceparent' in headers)
      response.writeHead(isPlain ? 400 : 500).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const adapter = httpAdapter({ name: 'a', url: `http://127.0.0.1:${port}`, connections: 1 })
    const result = await adapter.submit([message()], TIMEOUT_MS)
    await adapter.close()
    server.close()
    assert.deepEqual(result, { kind: 'refused', reason: 'HTTP 400', operatorFailed: false })
  })

  it('leaves at most one message unknown at an operator that closes each connection without a word', async () => {
    await simulator.admin.behave({ closeIdleAfterMs: 0 })
    const adapter = adapt(1)
    let unknown = 0
    for (let call = 0; call < 200; call++) {
      const { kind } = await adapter.submit([message()], TIMEOUT_MS)
      if (kind === 'unknown') unknown++
      else assert.equal(kind, 'answered')
    }
    assert.ok(unknown <= 1, `${unknown} of 200`)
  })

  it('is unavailable once it is closed, and lets what is in flight end before that', async () => {
    await simulator.admin.behave({ latency: { kind: 'fixed', ms: 50 } })
    const adapter = httpAdapter({ name: 'a', url: simulator.url, connections: 1 })
    const inFlight = adapter.submit([message()], TIMEOUT_MS)
    await adapter.close()
    assert.equal((await inFlight).kind, 'answered')
    assert.equal((await adapter.submit([message()], TIMEOUT_MS)).kind, 'unavailable')
  })

  it('posts below the path that its URL names, one message as itself and several as an array', async () => {
    const seen: { path: string | undefined; body: unknown }[] = []
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        seen.push({ path: `${request.method} ${request.url}`, body: JSON.parse(text) })
        response.writeHead(503).end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const adapter = httpAdapter({ name: 'a', url: `http://127.0.0.1:${port}/sms/v1/`, connections: 1 })
    const [one, two] = [messages(1), messages(2)]
    const withoutFrom = ({ reference, to, text }: Submission) => ({ reference, to, text })
    await adapter.submit(one, TIMEOUT_MS)
    await adapter.submit(two, TIMEOUT_MS)
    await adapter.close()
    server.close()
    assert.deepEqual(seen, [
      { path: 'POST /sms/v1/messages', body: one.map(withoutFrom)[0] },
      { path: 'POST /sms/v1/messages', body: two.map(withoutFrom) },
    ])
  })

  for (const url of [
    'ftp://operator',
    'http://user:secret@operator/',
    'http://operator/?key=secret',
    'http://operator/#x',
    'operator:80',
    '',
  ]) {
    it(`refuses the URL '${url}' and does not repeat it`, () => {
      assert.throws(
        () => httpAdapter({ name: 'a', url, connections: 1 }),
        (error: Error) => error instanceof TypeError && !error.message.includes('secret'),
      )
    })
  }
})
