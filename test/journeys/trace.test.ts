import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import type { Program } from '../../dev/stack/programs.ts'
import { startReceiver } from '../../dev/trace/receiver.ts'
import type { Receiver } from '../../dev/trace/receiver.ts'
import type { StoredSpan } from '../../dev/trace/spanStore.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { call } from '../support/api.ts'
import { fund, look } from '../support/arrange.ts'
import { makeAllDue } from '../support/ending.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { startEndpoint } from '../webhooks/endpointServer.ts'
import type { EndpointServer } from '../webhooks/endpointServer.ts'

const [ONE, OTHER, UNSAMPLED, CANCELLED, CANCELLING] = ['1', '2', '3', '4', '5'].map((digit) =>
  digit.repeat(32),
)
const CLIENT_SPAN = 'c'.repeat(16)
const BOUND_MS = 60_000

describe('the trace of a message', function () {
  this.timeout(4 * BOUND_MS)
  const folder = mkdtempSync(join(tmpdir(), 'chapar-trace-'))
  let stack: Stack
  let receiver: Receiver
  /** By the header of each of its calls. */
  const askedBroken: (string | undefined)[] = []
  const broken = createServer((request, response) => {
    askedBroken.push(request.headers['traceparent'] as string | undefined)
    request.resume()
    response.writeHead(503).end()
  })
  let north: SimulatorProcess
  let endpoint: EndpointServer
  const engines: Program[] = []
  const ids: Record<string, string> = {}

  const start = async (role: string) => {
    const engine = await startEngineProcess(stack, {
      role,
      env: {
        OPERATORS_FILE: join(folder, 'operators.yml'),
        OPERATOR_A_URL: '',
        OPERATOR_B_URL: '',
        WEBHOOK_ALLOW_PRIVATE: 'yes',
        ...{ RETRY_MIN_DELAY: '10m', RETRY_MAX_DELAY: '10m' },
        LOG_LEVEL: 'debug',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_BSP_SCHEDULE_DELAY: '100',
        OTEL_TRACES_SAMPLER: 'parentbased_always_off',
      },
    })
    engines.push(engine)
    return engine
  }
  const spansOf = (traceId = '') => receiver.store.ofTrace(traceId)
  const namesOf = (traceId?: string) =>
    spansOf(traceId)
      .toSorted((a, b) => a.startMs - b.startMs)
      .map(({ name }) => name)
  const spanOf = (traceId: string | undefined, name: string): StoredSpan => {
    const span = spansOf(traceId).find((each) => each.name === name)
    assert.ok(span, `${name} of ${namesOf(traceId).join(', ')}`)
    return span
  }

  before(async () => {
    stack = await freshStack()
    receiver = await startReceiver()
    endpoint = await startEndpoint()
    await once(broken.listen(0, '127.0.0.1'), 'listening')
    const brokenUrl = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
    north = await spawnSimulator({ NAME: 'north', SEED: '2', SMPP_PORT: '0' })
    await north.admin.behave({ outage: 'http503' })
    writeFileSync(
      join(folder, 'operators.yml'),
      `operators:
  - { name: broken, url: '${brokenUrl}' }
  - { name: north, protocol: smpp, url: '${north.smppUrl}', system_id: chapar }`,
    )
    const { userId } = await newCustomer(stack.db, 'One')
    await fund(stack.db, userId, 1_000)
    const key = (await newKey(stack.db, userId)).text
    const { url } = await start('api')
    const hook = await call(url, 'POST', '/v1/webhooks', { key, body: { url: endpoint.url } })
    assert.equal(hook.status, 201, hook.text)
    const headersOf = (traceId = '', flags = '01') => ({
      traceparent: `00-${traceId}-${CLIENT_SPAN}-${flags}`,
    })
    for (const traceId of [ONE, OTHER, UNSAMPLED, CANCELLED]) {
      const { status, body } = await call(url, 'POST', '/v1/messages', {
        ...{ key, body: { to: '+989120000001', text: 'hi' } },
        headers: headersOf(traceId, traceId === UNSAMPLED ? '00' : '01'),
      })
      assert.equal(status, 202)
      ids[traceId ?? ''] = String(body['message_id'])
    }
    const cancelled = await call(url, 'DELETE', `/v1/messages/${ids[CANCELLED ?? '']}`, {
      ...{ key, headers: headersOf(CANCELLING) },
    })
    assert.equal(cancelled.status, 200, cancelled.text)
    // Started when all wait, so that one claim merges their rows into one envelope.
    await start('relay')
    const first = await start('consumer')
    await eventually('no operator took any of them', async () => {
      const [row] = await look(
        stack.db,
        sql<{ released: number }>`SELECT COUNT(*) AS released FROM sms_status
          WHERE status = 'pending' AND attempts = 1`,
      )
      return row?.released === 3
    })
    await first.stop()
    await north.admin.behave({ receiptDelay: { minMs: 1, maxMs: 1 } })
    await start('consumer')
    await makeAllDue(stack.db)
    // Two events of each, and that of the cancellation.
    await eventually('each is sent, delivered and told', () => endpoint.received.length === 7, BOUND_MS)
    // Their last spans are sent as they end.
    await Promise.all(engines.map((engine) => engine.stop()))
  })
  after(async () => {
    await Promise.all(engines.map((engine) => engine.stop()))
    broken.close()
    await north.stop()
    await endpoint.close()
    await receiver.close()
    await stack.drop()
    rmSync(folder, { recursive: true })
  })

  const queue = () => stack.queues.normal
  /** Twice: the operators take nothing at first, and another consumer tries again. */
  const round = () => [
    ...['wait outbox', `publish ${queue()}`, `wait ${queue()}`, 'claim'],
    ...['submit broken', 'submit north', 'settle'],
  ]
  const ENDS = ['receipt north', 'webhook message.sent', 'webhook message.delivered']
  const steps = () => ['POST /v1/messages', 'accept', ...round(), ...round(), ...ENDS]

  it("is one, from the client's traceparent to the operators' calls, the receipt and the webhooks", () => {
    for (const traceId of [ONE, OTHER]) {
      assert.deepEqual(namesOf(traceId).toSorted(), steps().toSorted())
      const request = spanOf(traceId, 'POST /v1/messages')
      assert.equal(request.parentSpanId, CLIENT_SPAN)
      for (const { name, parentSpanId, attributes } of spansOf(traceId).filter((span) => span !== request))
        assert.deepEqual(
          [name, parentSpanId, attributes['chapar.message_id']],
          [name, request.spanId, ids[traceId ?? '']],
        )
    }
  })

  it('has each step in the process that made it, four in all', () => {
    const by = (service: string) => [
      ...new Set(spansOf(ONE).flatMap((span) => (span.service.startsWith(service) ? span.name : []))),
    ]
    const [waitOutbox, publish, waitQueue, ...ofConsumer] = round()
    const [receipt, ...webhooks] = ENDS
    assert.deepEqual(by('chapar-api').toSorted(), ['POST /v1/messages', 'accept'])
    assert.deepEqual(by('chapar-relay').toSorted(), [waitOutbox, publish, ...webhooks].toSorted())
    assert.deepEqual(by('chapar-consumer').toSorted(), [waitQueue, ...ofConsumer, receipt].toSorted())
    assert.equal(new Set(spansOf(ONE).map(({ service }) => service)).size, 4)
  })

  it('survives a merged envelope, whose publishing is linked to each of its requests', () => {
    const first = spanOf(ONE, `publish ${queue()}`)
    const second = spanOf(OTHER, `publish ${queue()}`)
    assert.equal(first.attributes['messaging.message.id'], second.attributes['messaging.message.id'])
    assert.ok(first.links.some(({ traceId }) => traceId === OTHER))
    assert.deepEqual(second.links, [{ traceId: ONE, spanId: first.spanId }])
    // The queue message's header names the publishing.
    for (const traceId of [ONE, OTHER])
      assert.ok(spanOf(traceId, `wait ${queue()}`).links.some(({ spanId }) => spanId === first.spanId))
  })

  it('says of each attempt what it came to, and how the breaker stood', () => {
    const inOrder = spansOf(ONE).toSorted((a, b) => a.startMs - b.startMs)
    const facts = inOrder
      .filter(({ name }) => name.startsWith('submit '))
      .map(({ name, attributes, isError }) => [
        ...[name, attributes['chapar.result'], attributes['chapar.breaker'], isError],
      ])
    assert.deepEqual(facts, [
      ['submit broken', 'unavailable', 'closed', true],
      ['submit north', 'unavailable', 'closed', true],
      ['submit broken', 'unavailable', 'closed', true],
      ['submit north', 'accepted', 'closed', false],
    ])
    const results = (name: string) =>
      inOrder.flatMap((span) => (span.name === name ? span.attributes['chapar.result'] : []))
    assert.deepEqual(results('settle'), ['released', 'done'])
    assert.deepEqual(results('receipt north'), ['applied'])
  })

  it('is continued by the endpoint of a webhook', () => {
    const sent = endpoint.received.map(({ headers, body }) => {
      const { data } = JSON.parse(body) as { data: { message_id: string } }
      return { id: data.message_id, traceparent: headers['traceparent'] }
    })
    const ofOne = sent.filter(({ id }) => id === ids[ONE ?? '']).map(({ traceparent }) => traceparent)
    const spans = spansOf(ONE).filter(({ name }) => name.startsWith('webhook '))
    assert.deepEqual(ofOne.toSorted(), spans.map(({ spanId }) => `00-${ONE}-${spanId}-01`).toSorted())
  })

  it('ends with the cancellation, which is linked to the request that asked for it', () => {
    // The first two may begin in the same millisecond.
    assert.deepEqual(namesOf(CANCELLED).toSorted(), [
      ...['POST /v1/messages', 'accept', 'cancel', 'webhook message.cancelled'],
    ])
    const [request, ...others] = spansOf(CANCELLING)
    assert.ok(request && others.length === 0)
    const { parentSpanId, attributes, links } = spanOf(CANCELLED, 'cancel')
    assert.equal(parentSpanId, spanOf(CANCELLED, 'POST /v1/messages').spanId)
    assert.equal(attributes['chapar.message_id'], ids[CANCELLED ?? ''])
    assert.deepEqual(links, [{ traceId: CANCELLING, spanId: request.spanId }])
  })

  it('is continued by an operator over HTTP, by the first sampled message of the call', () => {
    const [first] = askedBroken
    const spans = [ONE, OTHER].flatMap((traceId) =>
      spansOf(traceId).flatMap(({ name, spanId }) =>
        name === 'submit broken' ? `00-${traceId}-${spanId}-01` : [],
      ),
    )
    assert.match(first ?? '', new RegExp(`^00-${ONE}-`))
    for (const header of askedBroken) assert.ok(header === undefined || spans.includes(header), header)
  })

  it('is not recorded when the client does not sample it, and leaves nothing in the database', async () => {
    assert.deepEqual(namesOf(UNSAMPLED), [])
    const rows = await look(
      stack.db,
      sql<{ traceparent: string | null }>`SELECT traceparent FROM sms_requests ORDER BY sms_identifier`,
    )
    const storedOf = (id = '') => `00-${id}-${spanOf(id, 'POST /v1/messages').spanId}-01`
    assert.deepEqual(
      rows.map(({ traceparent }) => traceparent),
      [storedOf(ONE), storedOf(OTHER), null, storedOf(CANCELLED)],
    )
  })

  it('is named by the log lines about the message, in the process of the api and of the consumer', () => {
    const lines = engines
      .flatMap((engine) => engine.output().split('\n'))
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const having = (message: string) =>
      lines.filter((line) => line['message'] === message && line['trace_id'] === ONE)
    const { spanId } = spanOf(ONE, 'POST /v1/messages')
    const [request] = having('request')
    assert.deepEqual([request?.['route'], request?.['span_id']], ['/v1/messages', spanId])
    assert.equal(having('sent')[0]?.['sms_identifier'], ids[ONE ?? ''])
    assert.ok(!lines.some((line) => line['trace_id'] === UNSAMPLED))
  })

  it('is printed as a tree by the command', async () => {
    const args = [
      '--require',
      './src/runtime.cjs',
      'dev/trace.ts',
      ids[ONE ?? ''] ?? '',
      '--from',
      receiver.url,
    ]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    assert.match(stdout, new RegExp(`^trace ${ONE}: 19 spans of 4 processes, from `))
    assert.match(stdout, new RegExp(`continues the client's span ${CLIENT_SPAN}`))
    assert.match(stdout, /chapar-api [0-9]+ +POST \/v1\/messages {2}202\n/)
    assert.match(
      stdout,
      /chapar-consumer [0-9]+ +├─ submit broken {2}unavailable {2}breaker closed .*ERROR\n/,
    )
    assert.match(stdout, /chapar-relay [0-9]+ +└─ webhook message.delivered {2}200|204 {2}delivered/)
    assert.ok(!stdout.includes(OTHER ?? ''))
  })
})
