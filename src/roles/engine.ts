import type { Lifecycle } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import { isWorker } from '../platform/workers/index.ts'
import { startApiProcess, startApiProcesses } from './apiProcesses.ts'
import type { Config } from './config.ts'
import { openSharedResources } from './sharedResources.ts'
import { serve } from './serve.ts'
import { startBackgroundRoles } from './backgroundRoles.ts'

/**
 * Starts the roles of one program: in one process, or with several API processes, in one more. Parts that take work are
 * closed first and the database last. @returns where HTTP is served.
 */
export async function startEngine(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<{ url: string }> {
  const start = chooseStart(config)
  const { url } = await start(config, logger, lifecycle)
  logger.info('serving', { url, roles: config.roles })
  return { url }
}

function chooseStart({ roles, apiProcesses }: Config): typeof startAlone {
  if (isWorker()) return startApiProcess
  return roles.includes('api') && apiProcesses > 1 ? startApiProcesses : startAlone
}

async function startAlone(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<{ url: string }> {
  const resources = await openSharedResources(config, logger, lifecycle)
  const work = await startBackgroundRoles(resources, lifecycle)
  const { url, reload } = await serve(resources, lifecycle, {
    ...work,
    roles: config.roles,
    metrics: resources.metrics.registry,
  })
  lifecycle.onHangup(reload)
  return { url }
}
