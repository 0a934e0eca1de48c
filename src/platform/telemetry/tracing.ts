import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'
import { isSpanContextValid, trace } from '@opentelemetry/api'

export interface Tracing {
  on: boolean
  /**
   * Sends buffered spans, if the collector accepts them soon. An unavailable collector does not make the shutdown fail.
   */
  close(): Promise<void>
}

const OFF: Tracing = { on: false, close: () => Promise.resolve() }
const FLUSH_TIMEOUT_MS = 2_000
/** Operators that can send it in no other way have their secret in the address of receipts. */
const REDACTED_PARAMETERS = ['secret']
/** Polled every few seconds; their spans would bury those of customers. */
const UNTRACED_PATHS = new Set(['/metrics', '/healthz', '/readyz'])

let started: Promise<Tracing> | undefined

/**
 * Sets up OpenTelemetry when its own variables ask for it (an OTLP endpoint, or a traces exporter) and is off
 * otherwise. Off, the SDK is not even loaded: it takes longer to load than the rest of the program. Call it first, or
 * preload `preload.ts`; a second call gets the first one's answer.
 */
export function startTracing(env: NodeJS.ProcessEnv): Promise<Tracing> {
  started ??= isWanted(env) ? start(env) : Promise.resolve(OFF)
  return started
}

export function isWanted(env: NodeJS.ProcessEnv): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false
  const exporter = env['OTEL_TRACES_EXPORTER']
  if (exporter) return exporter !== 'none'
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
}

async function start(env: NodeJS.ProcessEnv): Promise<Tracing> {
  const [{ NodeSDK }, { OTLPTraceExporter }, { HttpInstrumentation }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/instrumentation-http'),
  ])
  const ours = !env['OTEL_TRACES_EXPORTER'] || env['OTEL_TRACES_EXPORTER'] === 'otlp'
  const sdk = new NodeSDK({
    ...(env['OTEL_SERVICE_NAME'] ? {} : { serviceName: 'chapar' }),
    ...(ours ? { traceExporter: new OTLPTraceExporter() } : {}),
    // Metrics are scraped and logs go to standard output; the SDK would otherwise push both as well.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        redactedQueryParamsServer: REDACTED_PARAMETERS,
        ignoreIncomingRequestHook: (request) => UNTRACED_PATHS.has(request.url?.split('?')[0] ?? ''),
      }),
    ],
  })
  sdk.start()
  // The instrumentation patches node:http when CommonJS loads it next, which our modules alone would never do.
  createRequire(import.meta.url)('http')
  return { on: true, close: () => flush(sdk.shutdown()) }
}

async function flush(shutdown: Promise<void>): Promise<void> {
  const giveUp = new AbortController()
  await Promise.race([
    shutdown.catch(() => {}),
    setTimeout(FLUSH_TIMEOUT_MS, undefined, { signal: giveUp.signal }).catch(() => {}),
  ])
  giveUp.abort()
}

/**
 * W3C Trace Context: version, trace, parent and flags, not all zeros. A later version may have more fields, of which a
 * reader ignores all but the first four; version ff is invalid.
 */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?$/

/**
 * The trace that the current work belongs to, to be stored with what it leaves behind: the active span's, or with
 * tracing off the header that the client sent, so that a trace passes through even an engine that records none.
 */
export function currentTraceparent(incoming?: string): string | undefined {
  const span = trace.getActiveSpan()?.spanContext()
  if (span && isSpanContextValid(span)) {
    const flags = span.traceFlags.toString(16).padStart(2, '0')
    return `00-${span.traceId}-${span.spanId}-${flags}`
  }
  return incoming === undefined ? undefined : readTraceparent(incoming)
}

/** @returns the header in version 00, or undefined when it is malformed. */
function readTraceparent(header: string): string | undefined {
  const [, version, fields, more] = TRACEPARENT.exec(header) ?? []
  if (fields === undefined || (version === '00' && more !== undefined)) return undefined
  return `00-${fields}`
}
