import { read } from '../platform/db/index.ts'
import { createApp, listen, opsRoutes } from '../platform/http/index.ts'
import type { ReadinessCheck, Route } from '../platform/http/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import { VERSION } from '../platform/version.ts'
import { sql } from 'kysely'
import { startApi } from './api.ts'
import type { Config } from './config.ts'
import { startConsumers } from './consumer.ts'
import { layFoundation } from './foundation.ts'
import { describeApi } from './openapi.ts'
import { startRelays } from './relay.ts'
import type { Relay } from './relay.ts'

/**
 * Puts the roles of one process together: the only place that knows all parts. What takes work in is closed first and
 * the database last. @returns where HTTP is served.
 */
export async function startEngine(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<{ url: string }> {
  const foundation = await layFoundation(config, logger)
  const { pools, metrics } = foundation
  lifecycle.add({ name: 'database', close: () => pools.close() })
  const ping = () =>
    read(pools.requests, 'ping', async (reader) => void (await sql`SELECT 1`.execute(reader)))
  const checks: ReadinessCheck[] = [{ name: 'database', run: ping }]

  if (config.roles.includes('consumer')) {
    const consumers = await startConsumers(foundation)
    for (const part of consumers.parts) lifecycle.add(part)
    checks.push(...consumers.checks)
  }
  let relay: Relay | undefined
  if (config.roles.includes('relay')) {
    relay = await startRelays(foundation)
    for (const part of relay.parts) lifecycle.add(part)
    checks.push(...relay.checks)
  }
  const routes: Route[] = []
  const isApi = config.roles.includes('api')
  if (isApi) routes.push(...startApi(foundation, (type) => relay?.wake(type)).routes)

  const ops = opsRoutes({ version: VERSION, roles: config.roles, checks, registry: metrics.registry })
  const app = createApp({
    logger,
    metrics,
    routes: [...routes, ...ops],
    bodyBytesMax: config.bodyBytesMax,
    ...(isApi ? { openapi: describeApi(config.limits) } : {}),
  })
  const listener = await listen(app, config.listen, logger)
  lifecycle.add({ name: 'http', takesWork: true, close: (deadlineMs) => listener.close(deadlineMs) })
  logger.info('serving', { url: listener.url, roles: config.roles })
  return { url: listener.url }
}
