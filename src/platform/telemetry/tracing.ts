import { setTimeout } from 'node:timers/promises'
import { enableSpans } from './spans.ts'
import type { SpanLosses } from './spanLosses.ts'

export interface Tracing {
  on: boolean
  /**
   * Sends buffered spans, if the collector accepts them soon. An unavailable collector does not make the shutdown fail.
   */
  close(): Promise<void>
  /** Of this process. */
  readLosses(): Promise<SpanLosses>
}

const OFF: Tracing = {
  on: false,
  close: () => Promise.resolve(),
  readLosses: () => Promise.resolve({ queue_full: 0, export_failed: 0 }),
}
const FLUSH_TIMEOUT_MS = 2_000

let started: Promise<Tracing> | undefined

/**
 * Sets up OpenTelemetry when its own variables ask for it (an OTLP endpoint, or a traces exporter); a second call gets
 * the first one's answer. Off, the SDK is not even loaded: it takes longer to load than the rest of the program.
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

/** @returns how many spans this process lost, whether tracing was started or not. */
export async function readSpanLosses(): Promise<SpanLosses> {
  return (await (started ?? OFF)).readLosses()
}

/** Exporter, protocol, sampler, batches and limits are the SDK's, which reads them from OTEL_* itself. */
async function start(env: NodeJS.ProcessEnv): Promise<Tracing> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const { watchSpanLosses } = await import('./spanLosses.ts')
  const { metricReaders, views, read } = watchSpanLosses()
  // The SDK counts its own work only when this variable says so.
  process.env['OTEL_NODE_EXPERIMENTAL_SDK_METRICS'] ??= 'true'
  const sdk = new NodeSDK({
    ...(env['OTEL_SERVICE_NAME'] ? {} : { serviceName: serviceNameOf(env['ROLE']) }),
    // Metrics are scraped and logs go to standard output; the SDK would otherwise push both as well.
    ...{ metricReaders, views },
    logRecordProcessors: [],
  })
  sdk.start()
  enableSpans()
  return { on: true, close: () => flush(sdk.shutdown()), readLosses: read }
}

const ROLES = new Set(['api', 'relay', 'consumer'])

/** A process with one role is a service of its own, so that a trace shows where it went. */
export function serviceNameOf(role: string | undefined): string {
  const only = role?.trim().toLowerCase() ?? ''
  return ROLES.has(only) ? `chapar-${only}` : 'chapar'
}

async function flush(shutdown: Promise<void>): Promise<void> {
  const giveUp = new AbortController()
  await Promise.race([
    shutdown.catch(() => {}),
    setTimeout(FLUSH_TIMEOUT_MS, undefined, { signal: giveUp.signal }).catch(() => {}),
  ])
  giveUp.abort()
}
