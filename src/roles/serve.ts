import { sql } from 'kysely'
import { keepLive } from '../ops/index.ts'
import type { LiveFeed } from '../ops/index.ts'
import { read } from '../platform/db/index.ts'
import { openBacklogCheck } from '../messages/index.ts'
import type { CheckBacklog } from '../messages/index.ts'
import { watchBacklog } from '../processes/index.ts'
import { createApp, listen } from '../platform/http/index.ts'
import type { OpsOptions } from '../platform/http/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { VERSION } from '../platform/version.ts'
import { createTariffsEvents, keepTariffs, loadTariffs } from '../tariffs/index.ts'
import type { TariffTable } from '../tariffs/index.ts'
import { startApi } from './api.ts'
import { loadCertificate, renewCertificate } from './certificate.ts'
import { openGate } from './gate.ts'
import type { SharedResources } from './sharedResources.ts'
import { describeApi } from './openapi.ts'
import { listRoutes } from './routes.ts'
import { serveMetrics } from './serveMetrics.ts'
import type { BackgroundRoles } from './backgroundRoles.ts'

export interface ServeOptions extends BackgroundRoles {
  /** The roles of the whole program, which may be more than this process runs. */
  roles: OpsOptions['roles']
  /** The whole program's. */
  metrics: NonNullable<OpsOptions['registry']>
}

/**
 * Serves health and metrics, and the API where this process has that role. @returns where, and what has its certificate
 * read again.
 */
export async function serve(
  resources: SharedResources,
  lifecycle: Lifecycle,
  { roles, checks, metrics, wake }: ServeOptions,
): Promise<{ url: string; reload: () => void }> {
  const { config, logger, pools } = resources
  const ping = () =>
    read(pools.requests, 'ping', async (reader) => void (await sql`SELECT 1`.execute(reader)))
  const database = { name: 'database', run: ping }
  const isApi = config.roles.includes('api')
  const ops = { version: VERSION, roles, checks: [database, ...checks] }
  await serveMetrics({ ...resources, lifecycle }, { ...ops, registry: metrics })
  const gate = isApi ? await openGate(resources) : undefined
  if (gate) lifecycle.add({ name: 'access', close: () => gate.close() })
  const api = isApi
    ? startApi(resources, await openTariffs(resources, lifecycle), {
        onAccepted: wake,
        checkBacklog: openBackpressure(resources, lifecycle),
        live: openLive(resources, lifecycle),
      })
    : undefined
  const routes = listRoutes({ ...ops, registry: config.metricsListen ? undefined : metrics }, api)
  const app = createApp({
    logger,
    metrics: resources.metrics,
    routes,
    ...(gate ? { authorize: gate.authorize } : {}),
    bodyBytesMax: config.bodyBytesMax,
    ...(config.localOnly ? { ownHost: config.listen.host } : {}),
    ...(isApi ? { openapi: describeApi(routes) } : {}),
  })
  const { tls } = config
  const certificate = tls && loadCertificate(tls)
  const listener = await listen(app, { ...config.listen, certificate }, logger)
  lifecycle.add({ name: 'http', takesWork: true, close: (deadlineMs) => listener.close(deadlineMs) })
  return { url: listener.url, reload: () => tls && renewCertificate(tls, listener, logger) }
}

/** Off unless it is set. */
function openBackpressure({ config, pools, logger }: SharedResources, lifecycle: Lifecycle): CheckBacklog {
  const { backlogAgeMaxMs } = config
  if (backlogAgeMaxMs === undefined) return () => undefined
  const watch = watchBacklog({ db: pools.requests, type: 'normal', logger })
  lifecycle.add({ name: 'age of the backlog', close: () => watch.close() })
  return openBacklogCheck(watch.ageSeconds, backlogAgeMaxMs / 1_000)
}

/** Its streams end as soon as a shutdown begins: the listener waits for every answer. */
function openLive({ pools }: SharedResources, lifecycle: Lifecycle): LiveFeed {
  const live = keepLive({ db: pools.requests })
  lifecycle.add({ name: 'operations page', takesWork: true, close: () => live.close() })
  return live
}

/** Prices need no query: this process has the tariffs in memory. */
async function openTariffs({ pools, logger }: SharedResources, lifecycle: Lifecycle): Promise<TariffTable> {
  const tariffs = await loadTariffs(pools.requests)
  const loop = keepTariffs(tariffs, createTariffsEvents(logger))
  lifecycle.add({ name: 'tariffs', close: () => loop.close() })
  return tariffs
}
