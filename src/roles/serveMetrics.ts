import { isLoopback } from '../platform/config/index.ts'
import { createApp, listen } from '../platform/http/index.ts'
import type { OpsOptions } from '../platform/http/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { Logger, Metrics } from '../platform/telemetry/index.ts'
import { isWorker } from '../platform/workers/index.ts'
import type { Config } from './config.ts'
import { listRoutes } from './routes.ts'

export interface MetricsServing {
  config: Pick<Config, 'bodyBytesMax' | 'metricsListen'>
  logger: Logger
  metrics: Metrics
  lifecycle: Lifecycle
}

/** Serves the operations routes at METRICS_LISTEN_ADDR, where that is set; one process of a program does. */
export async function serveMetrics(
  { config, logger, metrics, lifecycle }: MetricsServing,
  ops: OpsOptions,
): Promise<void> {
  const { metricsListen, bodyBytesMax } = config
  if (!metricsListen || isWorker()) return
  const { host } = metricsListen
  const app = createApp({
    ...{ logger, metrics, bodyBytesMax, routes: listRoutes(ops) },
    ...(isLoopback(host) ? { ownHost: host } : {}),
  })
  const listener = await listen(app, metricsListen, logger)
  // Closed with the parts that work depends on, so that a shutdown can be watched.
  lifecycle.add({ name: 'metrics', close: (deadlineMs) => listener.close(deadlineMs) })
  logger.info('serving metrics', { url: listener.url })
}
