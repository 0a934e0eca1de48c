export { createLogger, LOG_LEVELS } from './logger.ts'
export type { LogFields, LogLevel, Logger, LoggerOptions } from './logger.ts'
export { lineBudget } from './lineBudget.ts'
export { oncePerMinute } from './oncePerMinute.ts'
export {
  AGE_BUCKETS_SECONDS,
  Counter,
  createMetrics,
  DURATION_BUCKETS_SECONDS,
  Gauge,
  Histogram,
  readCounter,
  Registry,
} from './metrics.ts'
export type { Metrics } from './metrics.ts'
export { sumMetrics, takeSnapshot } from './metricsSum.ts'
export type { MetricsSnapshot, MetricsSum } from './metricsSum.ts'
export { currentTraceparent } from './currentTraceparent.ts'
export { openRequestSpan } from './requestSpan.ts'
export type { RequestSpan } from './requestSpan.ts'
export { isTracing } from './spans.ts'
export type { Outcome } from './spans.ts'
export { inStep, recordStep, startStep } from './tracedStep.ts'
export type { Outcomes, Step, StepOptions } from './tracedStep.ts'
export { traceFields } from './traceFields.ts'
export { startTracing } from './tracing.ts'
export type { Tracing } from './tracing.ts'
