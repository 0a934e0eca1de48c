import { AggregationType, MetricReader } from '@opentelemetry/sdk-metrics'
import type { IMetricReader, ViewOptions } from '@opentelemetry/sdk-metrics'

/** Spans that never reached the collector, since the start. */
export interface SpanLosses {
  /** They came faster than they were exported. */
  queue_full: number
  /** The collector did not take them in time. */
  export_failed: number
}

/** Counts by the result of a span; OpenTelemetry's semantic conventions of SDKs. */
const PROCESSED = 'otel.sdk.processor.span.processed'

/** Read when this program's own metrics are, and pushed nowhere. */
class OnDemandReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
}

/** What the SDK counts of itself, for its set-up. Its metrics of single spans are left out: they would cost each span. */
export function watchSpanLosses(): {
  metricReaders: IMetricReader[]
  views: ViewOptions[]
  read: () => Promise<SpanLosses>
} {
  const reader = new OnDemandReader()
  let losses: SpanLosses = { queue_full: 0, export_failed: 0 }
  return {
    metricReaders: [reader],
    views: [{ instrumentName: 'otel.sdk.span.*', aggregation: { type: AggregationType.DROP } }],
    async read() {
      // After the shutdown of the SDK the last numbers stay.
      losses = await readLosses(reader).catch(() => losses)
      return losses
    },
  }
}

async function readLosses(reader: IMetricReader): Promise<SpanLosses> {
  const { resourceMetrics } = await reader.collect()
  const losses: SpanLosses = { queue_full: 0, export_failed: 0 }
  for (const { metrics } of resourceMetrics.scopeMetrics)
    for (const { descriptor, dataPoints } of metrics)
      for (const { attributes, value } of descriptor.name === PROCESSED ? dataPoints : []) {
        const error = attributes['error.type']
        if (error === undefined) continue
        losses[error === 'queue_full' ? 'queue_full' : 'export_failed'] += Number(value)
      }
  return losses
}
