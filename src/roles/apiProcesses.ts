import type { Lifecycle } from '../platform/lifecycle.ts'
import { createMetrics, sumMetrics, takeSnapshot } from '../platform/telemetry/index.ts'
import type { Logger, Metrics, MetricsSnapshot, MetricsSum } from '../platform/telemetry/index.ts'
import { VERSION } from '../platform/version.ts'
import { withTimeout } from '../platform/withTimeout.ts'
import { openSupervisor, openWorkers } from '../platform/workers/index.ts'
import type { RpcChannel, Supervisor, Workers } from '../platform/workers/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Config } from './config.ts'
import { openSharedResources } from './sharedResources.ts'
import { createReceiptsReload } from './reloadReceipts.ts'
import { serve } from './serve.ts'
import { serveMetrics } from './serveMetrics.ts'
import { startBackgroundRoles } from './backgroundRoles.ts'
import type { BackgroundRoles } from './backgroundRoles.ts'

/**
 * The first process supervises the API processes, sums the metrics of all processes, and runs every other role, so that
 * each of those roles runs once.
 */
export async function startApiProcesses(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<{ url: string }> {
  const { work, metrics } = await startOthers(config, logger, lifecycle)
  const sum = sumMetrics()
  const workers = openWorkers({
    count: config.apiProcesses,
    logger,
    onEnd: (id) => sum.settle(id),
    answers: {
      checks: () => work.checks.map(({ name }) => name),
      check: (name) => work.checks.find((check) => check.name === name)?.run(),
      wake: (type) => work.wake(type as MessageClass),
      metrics: () => collect(sum, metrics, workers.channels),
    },
  })
  lifecycle.onHangup(() => {
    // One that has ended is replaced by one that reads the file when it starts.
    for (const channel of workers.channels.values()) void channel.ask('reload').catch(() => {})
  })
  // Added before they start, so that a signal during the start also stops them in order.
  lifecycle.add({
    name: 'api processes',
    takesWork: true,
    close: (deadlineMs) => workers.close(deadlineMs),
  })
  const answered = await workers.start()
  await serveMetrics(
    { config, logger, metrics, lifecycle },
    {
      version: VERSION,
      roles: config.roles,
      checks: [...work.checks, { name: 'api_processes', run: () => assertAll(workers, config.apiProcesses) }],
      registry: {
        contentType: metrics.registry.contentType,
        metrics: () => collect(sum, metrics, workers.channels),
      },
    },
  )
  return { url: answered as string }
}

async function assertAll({ channels }: Workers, count: number): Promise<void> {
  if (channels.size < count) throw new Error(`${channels.size} of ${count} API processes are ready`)
  await Promise.all([...channels.values()].map((channel) => channel.ask('snapshot')))
}

/** The roles that remain when the API runs in other processes. Without any of them, no database is needed. */
async function startOthers(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<{ work: BackgroundRoles; metrics: Metrics }> {
  const roles = config.roles.filter((role) => role !== 'api')
  if (roles.length === 0)
    return { work: { checks: [], wake: () => {} }, metrics: createMetrics({ withRuntime: true }) }
  const resources = await openSharedResources({ ...config, roles }, logger, lifecycle)
  return { work: await startBackgroundRoles(resources, lifecycle), metrics: resources.metrics }
}

/** Node numbers the others from 1. */
const OWN_ID = 0
/** Half the time-out of a metrics request, so that one hung process does not make the sum unavailable. */
const SNAPSHOT_TIMEOUT_MS = 1_000

/**
 * A process that does not answer in time counts with its last known values. This process may have to query the
 * database.
 */
async function collect(sum: MetricsSum, { registry }: Metrics, lines: Workers['channels']): Promise<string> {
  const keepOwn = async () =>
    sum.keep(OWN_ID, await withTimeout(SNAPSHOT_TIMEOUT_MS, 'snapshot', takeSnapshot(registry)))
  const keepOther = async ([id, line]: [number, RpcChannel]) => {
    const snapshot = (await line.ask('snapshot', undefined, SNAPSHOT_TIMEOUT_MS)) as MetricsSnapshot
    if (lines.has(id)) sum.keep(id, snapshot)
  }
  await Promise.allSettled([keepOwn(), ...[...lines].map(keepOther)])
  return sum.text()
}

/** A process that serves only the API. Its health and metrics routes report on the whole program. */
export async function startApiProcess(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<{ url: string }> {
  // Registered first, because the process may be asked to stop while it starts. The other questions are asked only
  // after it is ready.
  const supervisor = openSupervisor({
    stop: () => void lifecycle.end(),
    snapshot: () => takeSnapshot(registry),
    reload: () => {
      reloadReceipts()
      served.reload()
    },
  })
  const resources = await openSharedResources({ ...config, roles: ['api'] }, logger, lifecycle)
  const { registry } = resources.metrics
  const reloadReceipts = createReceiptsReload(resources)
  const names = (await supervisor.ask('checks')) as string[]
  const served = await serve(resources, lifecycle, {
    roles: config.roles,
    checks: names.map((name) => ({ name, run: async () => void (await supervisor.ask('check', name)) })),
    metrics: {
      contentType: registry.contentType,
      metrics: async () => (await supervisor.ask('metrics')) as string,
    },
    wake: config.roles.includes('relay') ? wakeOver(supervisor) : () => {},
  })
  await supervisor.ready(served.url)
  return served
}

/**
 * While one wake-up is in flight, later ones are merged into the next, so that a busy system does not send one for each
 * request. A lost wake-up is harmless, because the relay polls.
 */
function wakeOver(supervisor: Supervisor): (type: MessageClass) => void {
  const onTheWay = new Set<MessageClass>()
  const toFollow = new Set<MessageClass>()
  return function wake(type) {
    if (onTheWay.has(type)) {
      toFollow.add(type)
      return
    }
    onTheWay.add(type)
    void supervisor
      .ask('wake', type)
      .catch(() => {})
      .finally(() => {
        onTheWay.delete(type)
        if (toFollow.delete(type)) wake(type)
      })
  }
}
