import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { VERSION } from '../version.ts'
import { readSpanLosses } from './tracing.ts'

export { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** From one millisecond to the longest time-out. One scale for all, so that panels can be compared. */
export const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** Of messages: from an idle system's hand-over in some 20 ms to one that waited for the end of an outage. */
export const AGE_BUCKETS_SECONDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]

export interface Metrics {
  registry: Registry
  /** Rate, errors and duration of requests in one: `_count` by status is the rate. `route` is a pattern, never a path. */
  httpDuration: Histogram<'method' | 'route' | 'status'>
}

/**
 * The event loop's lag is sampled at this distance, which its percentiles include. At prom-client's 10 ms the sampling
 * alone took 0.35 % of a core of an idle process (measured).
 */
const LOOP_DELAY_MS = 25

/** Gauges of prom-client whose names end like a counter's, which the Prometheus linter refuses. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
]

/**
 * A registry of its own, nothing global: tests and several engines in one process do not see each other's numbers.
 * `withRuntime` adds the process's CPU, memory, garbage collection, event-loop lag and lost spans; once a process is enough.
 */
export function createMetrics({ withRuntime }: { withRuntime: boolean }): Metrics {
  const registry = new Registry()
  if (withRuntime) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_DELAY_MS })
    for (const name of MISNAMED) registry.removeSingleMetric(name)
    countSpanLosses(registry)
  }
  new Gauge({
    name: 'chapar_build_info',
    help: 'Always 1; the labels say which version runs',
    labelNames: ['version', 'node_version'] as const,
    aggregator: 'first',
    registers: [registry],
  }).set({ version: VERSION, node_version: process.version }, 1)
  const httpDuration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by route pattern and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  })
  return { registry, httpDuration }
}

/** The SDK counts them; they are read when the counter is. */
function countSpanLosses(registry: Registry): void {
  new Counter({
    name: 'chapar_spans_dropped_total',
    help: 'Spans that did not reach the collector: the queue was full, or it did not take them',
    labelNames: ['reason'] as const,
    registers: [registry],
    async collect() {
      const losses: Record<string, number> = { ...(await readSpanLosses()) }
      this.reset()
      for (const [reason, spans] of Object.entries(losses)) this.inc({ reason }, spans)
    },
  })
}

/** @returns the sum of a counter's series that have these labels; 0 where no such counter is kept. */
export async function readCounter(
  registry: Registry,
  name: string,
  labels: Record<string, string>,
): Promise<number> {
  const { values = [] } = (await registry.getSingleMetric(name)?.get()) ?? {}
  return values
    .filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0)
}
