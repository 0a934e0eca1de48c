import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { currentTraceparent, isWanted } from '../../../src/platform/telemetry/tracing.ts'

const PROGRAM = fileURLToPath(new URL('tracingProgram.ts', import.meta.url))
const PRELOAD = fileURLToPath(new URL('../../../src/platform/telemetry/preload.ts', import.meta.url))
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const INCOMING = `00-${TRACE}-b7ad6b7169203331-01`

interface Seen {
  traceparent: string | null
  on: boolean
  sdkLoaded: boolean
}

async function runProgram(
  env: Record<string, string>,
  { incoming = '', preload = false } = {},
): Promise<Seen> {
  const args = [...(preload ? ['--import', PRELOAD] : []), PROGRAM, ...(incoming ? [incoming] : [])]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...env },
  })
  return JSON.parse(stdout) as Seen
}

/** A collector that keeps what it is sent. */
async function startCollector() {
  const received: { path: string; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      received.push({ path: request.url ?? '', body })
      response.setHeader('Content-Type', 'application/json').end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { received, url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

describe('tracing', () => {
  it('is off unless OpenTelemetry is configured by its own variables', () => {
    assert.equal(isWanted({}), false)
    assert.equal(isWanted({ OTEL_SERVICE_NAME: 'x' }), false)
    assert.equal(isWanted({ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }), false)
    assert.equal(isWanted({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }), false)
    assert.equal(isWanted({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }), true)
    assert.equal(isWanted({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }), true)
    assert.equal(isWanted({ OTEL_TRACES_EXPORTER: 'console' }), true)
  })

  it('off, passes on the trace that a client began, and makes up none', async () => {
    assert.deepEqual(await runProgram({}, { incoming: INCOMING }), {
      on: false,
      traceparent: INCOMING,
      sdkLoaded: false,
    })
    assert.deepEqual(await runProgram({}), { on: false, traceparent: null, sdkLoaded: false })
    assert.equal((await runProgram({}, { incoming: '00-not-a-trace' })).traceparent, null)
  }).timeout(60_000)

  const FIELDS = `${TRACE}-b7ad6b7169203331-01`
  const READABLE = [`cc-${FIELDS}-later`, `cc-${FIELDS}`, `01-${FIELDS}`]
  const MALFORMED = [
    `ff-${FIELDS}`,
    `00-${FIELDS}-later`,
    `cc-${FIELDS}later`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `0-${FIELDS}`,
    FIELDS,
  ]

  it('off, reads the first four fields of a later version, and ignores what is malformed', () => {
    for (const header of READABLE) assert.equal(currentTraceparent(header), INCOMING)
    for (const header of MALFORMED) assert.equal(currentTraceparent(header), undefined, header)
  })

  it('on, reads the same', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_NODE_RESOURCE_DETECTORS: 'env' }
    for (const header of READABLE.slice(0, 2))
      assert.match(
        (await runProgram(env, { incoming: header })).traceparent ?? '',
        new RegExp(`^00-${TRACE}-`),
      )
    for (const header of MALFORMED.slice(0, 2))
      assert.doesNotMatch((await runProgram(env, { incoming: header })).traceparent ?? '', new RegExp(TRACE))
  }).timeout(60_000)

  for (const preload of [false, true]) {
    it(`on${preload ? ' and preloaded' : ''}, gives each request a span in the client's trace and sends it over OTLP`, async () => {
      const collector = await startCollector()
      try {
        const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_NODE_RESOURCE_DETECTORS: 'env' }
        const seen = await runProgram(env, { incoming: INCOMING, preload })
        assert.deepEqual([seen.on, seen.sdkLoaded], [true, true])
        assert.match(seen.traceparent ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
        assert.notEqual(seen.traceparent, INCOMING)
        assert.deepEqual([...new Set(collector.received.map(({ path }) => path))], ['/v1/traces'])
        const sent = collector.received.map(({ body }) => body).join('')
        assert.ok(sent.includes(TRACE) && sent.includes('"chapar"'))
        assert.ok(sent.includes('id=7') && !sent.includes('hush-hush'))
      } finally {
        collector.close()
      }
    }).timeout(20_000)
  }

  it('on, does not hold up the end of the process when the collector is away', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_NODE_RESOURCE_DETECTORS: 'env' }
    assert.equal((await runProgram(env)).on, true)
  }).timeout(20_000)
})
