import type { Lifecycle } from '../platform/lifecycle.ts'
import { createMetrics, sumMetrics, takeSnapshot } from '../platform/telemetry/index.ts'
import type { Logger, Metrics, MetricsSnapshot, MetricsSum } from '../platform/telemetry/index.ts'
import { withTimeout } from '../platform/withTimeout.ts'
import { openSupervisor, openWorkers } from '../platform/workers/index.ts'
import type { RpcChannel, Supervisor, Workers } from '../platform/workers/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Config } from './config.ts'
import { openSharedResources } from './sharedResources.ts'
import { serve } from './serve.ts'
import { startBackgroundRoles } from './backgroundRoles.ts'
import type { BackgroundRoles } from './backgroundRoles.ts'

/**
 * The first process: keeps the API's processes running, knows the sum of all metrics, and has all other roles itself,
 * so that each of those runs once.
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
  // Before they start, so that a signal meanwhile ends them in order too.
  lifecycle.add({
    name: 'api processes',
    takesWork: true,
    close: (deadlineMs) => workers.close(deadlineMs),
  })
  return { url: (await workers.start()) as string }
}

/** What is left when the API is elsewhere; with nothing left, not even a database is needed. */
async function startOthers(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<{ work: BackgroundRoles; metrics: Metrics }> {
  const roles = config.roles.filter((role) => role !== 'api')
  if (roles.length === 0)
    return { work: { checks: [], wake: () => {} }, metrics: createMetrics({ withRuntime: true }) }
  const foundation = await openSharedResources({ ...config, roles }, logger, lifecycle)
  return { work: await startBackgroundRoles(foundation, lifecycle), metrics: foundation.metrics }
}

/** Node numbers the others from 1. */
const OWN_ID = 0
/** Half of what those wait that ask for the sum, so that one process that hangs does not keep it from them. */
const SNAPSHOT_TIMEOUT_MS = 1_000

/** One that does not answer in time counts as it was when it last did; ours may have to ask the database. */
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

/** One of the processes that serve the API, and nothing else. It answers for the whole program all the same. */
export async function startApiProcess(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<{ url: string }> {
  // Before anything else, because it may have to stop while it starts. The others are asked of one that is ready.
  const supervisor = openSupervisor({
    stop: () => void lifecycle.end(),
    snapshot: () => takeSnapshot(registry),
  })
  const foundation = await openSharedResources({ ...config, roles: ['api'] }, logger, lifecycle)
  const { registry } = foundation.metrics
  const names = (await supervisor.ask('checks')) as string[]
  const { url } = await serve(foundation, lifecycle, {
    roles: config.roles,
    checks: names.map((name) => ({ name, run: async () => void (await supervisor.ask('check', name)) })),
    metrics: {
      contentType: registry.contentType,
      metrics: async () => (await supervisor.ask('metrics')) as string,
    },
    wake: config.roles.includes('relay') ? wakeOver(supervisor) : () => {},
  })
  await supervisor.ready(url)
  return { url }
}

/**
 * While one word is on its way, what is accepted goes with the next: on a busy system not every request costs one. A
 * word that is lost is no harm, since the relay looks by itself soon after.
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
