import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startReceiver } from '../../../dev/trace/receiver.ts'
import type { Receiver } from '../../../dev/trace/receiver.ts'
import type { StoredSpan } from '../../../dev/trace/spanStore.ts'
import { currentTraceparent } from '../../../src/platform/telemetry/index.ts'
import { isWanted, serviceNameOf } from '../../../src/platform/telemetry/tracing.ts'
import { MALFORMED, READABLE, TRACE } from '../../primitives/traceparents.ts'

const program = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const INCOMING = `00-${TRACE}-b7ad6b7169203331-01`
const UNSAMPLED = `00-${TRACE}-b7ad6b7169203331-00`
const RECORDED_TRIES_MAX = 4
const NOWHERE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }

interface Seen {
  traceparent: string | null
  on: boolean
  sdkLoaded: boolean
  /** What was logged while the request was handled, and its own line. */
  lines: Record<string, unknown>[]
}

interface Losses {
  queueFull: number
  exportFailed: number
  /** The same once tracing is closed. */
  after: number[]
}

async function run<T>(name: string, env: Record<string, string>, args: string[] = []): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [program(name), ...args], {
    env: { PATH: process.env['PATH'], ...env },
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T
}

const serveOne = (env: Record<string, string>, incoming = '') =>
  run<Seen>('tracingProgram.ts', env, incoming ? [incoming] : [])

describe('tracing', function () {
  this.timeout(300_000)
  let receiver: Receiver
  let toReceiver: Record<string, string>
  const openReceiver = async () => {
    receiver = await startReceiver()
    toReceiver = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
  }
  beforeEach(openReceiver)
  afterEach(() => receiver.close())

  /**
   * Runs a program until its spans have arrived: at its end it waits no longer than 2 s for a collector, even a busy one.
   * Each time with a receiver of its own, because the spans of the time before may still come.
   */
  async function untilRecorded<T>(runProgram: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const result = await runProgram()
      if (receiver.store.size() > 0 || tries === RECORDED_TRIES_MAX) return result
      await receiver.close()
      await openReceiver()
    }
  }

  it('is off unless OpenTelemetry is configured by its own variables', () => {
    assert.equal(isWanted({}), false)
    assert.equal(isWanted({ OTEL_SERVICE_NAME: 'x' }), false)
    assert.equal(isWanted({ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }), false)
    assert.equal(isWanted({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }), false)
    assert.equal(isWanted({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }), true)
    assert.equal(isWanted({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }), true)
    assert.equal(isWanted({ OTEL_TRACES_EXPORTER: 'console' }), true)
  })

  it('names a process after its one role', () => {
    assert.equal(serviceNameOf('relay'), 'chapar-relay')
    for (const role of [undefined, '', 'api,relay', 'all']) assert.equal(serviceNameOf(role), 'chapar')
  })

  it('off, passes on the sampled trace that a client began, and makes up none', async () => {
    const { lines, ...seen } = await serveOne({}, INCOMING)
    assert.deepEqual(seen, { on: false, traceparent: INCOMING, sdkLoaded: false })
    assert.ok(lines.length > 0 && lines.every((line) => !('trace_id' in line)))
    assert.equal((await serveOne({})).traceparent, null)
  })

  it('off, ignores what is malformed, and what nobody records', () => {
    for (const header of READABLE) assert.equal(currentTraceparent(header), INCOMING)
    for (const header of [...MALFORMED, UNSAMPLED])
      assert.equal(currentTraceparent(header), undefined, header)
  })

  it('on, continues the same traces, and begins one where a header is malformed', async () => {
    for (const header of READABLE.slice(0, 2))
      assert.match(
        (await serveOne(NOWHERE, header)).traceparent ?? '',
        new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`),
      )
    const other = (await serveOne(NOWHERE, MALFORMED[0])).traceparent ?? ''
    assert.match(other, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    assert.doesNotMatch(other, new RegExp(TRACE))
  })

  it('on, records nothing of a trace that its caller does not sample', async () => {
    const { traceparent, lines } = await serveOne(toReceiver, UNSAMPLED)
    assert.equal(traceparent, null)
    assert.equal(receiver.store.size(), 0)
    assert.ok(lines.every((line) => !('trace_id' in line)))
  })

  it('on, samples as OTEL_TRACES_SAMPLER says, and its callers decide first', async () => {
    const never = () => ({ ...toReceiver, OTEL_TRACES_SAMPLER: 'parentbased_always_off' })
    assert.equal((await serveOne(never())).traceparent, null)
    assert.equal(receiver.store.size(), 0)
    assert.ok((await untilRecorded(() => serveOne(never(), INCOMING))).traceparent)
    assert.equal(receiver.store.size(), 1)
  })

  it("on, gives each request a span in the client's trace, without its query, and names it in log lines", async () => {
    const seen = await untilRecorded(() => serveOne({ ...toReceiver, ROLE: 'api' }, INCOMING))
    assert.deepEqual([seen.on, seen.sdkLoaded], [true, true])
    assert.notEqual(seen.traceparent, INCOMING)
    const [span, ...others] = receiver.store.ofTrace(TRACE)
    assert.ok(span && others.length === 0)
    assert.equal(span.name, 'GET /traced')
    assert.equal(span.parentSpanId, 'b7ad6b7169203331')
    assert.match(span.service, /^chapar-api [0-9]+$/)
    assert.equal(span.attributes['http.response.status_code'], 200)
    assert.ok(!JSON.stringify(span).includes('hush-hush'))
    assert.equal(seen.traceparent, `00-${TRACE}-${span.spanId}-01`)
    assert.deepEqual(
      seen.lines.map(({ message, trace_id, span_id }) => [message, trace_id, span_id]),
      ['handled', 'request'].map((message) => [message, TRACE, span.spanId]),
    )
  })

  it('on, does not hold up the end of the process when the collector is unavailable', async () => {
    assert.equal((await serveOne(NOWHERE)).on, true)
  })

  it('on, counts the spans that do not reach the collector', async () => {
    const losses = await run<Losses>('lossesProgram.ts', {
      ...NOWHERE,
      ...{ OTEL_EXPORTER_OTLP_TIMEOUT: '200', OTEL_BSP_SCHEDULE_DELAY: '10' },
      ...{ OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5' },
    })
    assert.ok(losses.queueFull > 0 && losses.exportFailed > 0, JSON.stringify(losses))
    assert.equal(losses.queueFull + losses.exportFailed, 50)
    assert.deepEqual(losses.after, [losses.queueFull, losses.exportFailed])
  })

  it('off, counts none', async () => {
    assert.deepEqual(await run<Losses>('lossesProgram.ts', {}), {
      ...{ queueFull: 0, exportFailed: 0 },
      after: [0, 0],
    })
  })

  describe('a step of several requests', () => {
    const steps = async () => {
      await untilRecorded(() => run<object>('spansProgram.ts', toReceiver))
      return receiver.store.all()
    }
    const of = (spans: StoredSpan[], name: string) => spans.filter((span) => span.name === name)

    it('has a span in the trace of each sampled one, linked to each other', async () => {
      const spans = of(await steps(), 'batch')
      const [first, second, ...others] = spans
      assert.ok(first && second && others.length === 0)
      assert.deepEqual(
        spans.map(({ traceId, parentSpanId, attributes }) => [
          ...[traceId, parentSpanId, attributes['chapar.message_id']],
          attributes['messaging.batch.message_count'],
        ]),
        ['1', '2'].map((id) => [id.repeat(32), id.repeat(16), `message-${id}`, 2]),
      )
      assert.deepEqual(
        first.links.map(({ spanId }) => spanId),
        ['2'.repeat(16)],
      )
      assert.deepEqual(
        second.links.map(({ spanId }) => spanId),
        [first.spanId],
      )
    })

    it('ends each span with the result of its request', async () => {
      const results = of(await steps(), 'batch').map(({ attributes, isError }) => [
        ...[attributes['chapar.result'], attributes['error.type'], isError],
      ])
      assert.deepEqual(results, [
        ['good', undefined, false],
        ['bad', 'bad', true],
      ])
    })

    it('that fails ends with the name of the fault, and throws it on', async () => {
      const [failed] = of(await steps(), 'failed')
      assert.deepEqual([failed?.isError, failed?.attributes['error.type']], [true, 'RangeError'])
    })

    it('can be over when it is recorded', async () => {
      const [wait] = of(await steps(), 'wait')
      const lastedMs = (wait?.endMs ?? 0) - (wait?.startMs ?? 0)
      // Nanoseconds since 1970 lose their last digits as a number.
      assert.ok(Math.round(lastedMs) >= 1_500, `${lastedMs}`)
    })
  })
})
