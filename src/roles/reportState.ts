import type { Operators } from '../operators/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { readCounter } from '../platform/telemetry/index.ts'
import type { Logger, Metrics, Registry } from '../platform/telemetry/index.ts'
import { VERSION } from '../platform/version.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { keepReporting, openRate } from '../processes/index.ts'
import type { ProcessState } from '../processes/index.ts'
import type { Config } from './config.ts'
import { openTraffic } from './readTraffic.ts'
import type { Pools } from './pools.ts'

/** What a process can say of itself beside its counters. Each role fills in its own when it starts. */
export interface StateSources {
  /** Of a consumer. */
  operators?: Pick<Operators, 'states'>
  recipientsInFlight?: (type: MessageClass) => number
  /** Of a relay. */
  readBacklog?: () => Promise<ProcessState['backlog'] | undefined>
  readCustomers?: () => ProcessState['customers']
  readDeadLetters?: () => Promise<ProcessState['deadLetters']>
}

/**
 * Reports what this process does, whatever roles it has, until it ends.
 * @returns what the roles are to fill in.
 */
export function startReporting(
  { config, logger, pools, metrics, newId }: ReportingResources,
  lifecycle: Lifecycle,
): StateSources {
  const sources: StateSources = {}
  const reporting = keepReporting({
    ...{ db: pools.requests, logger },
    reporter: { id: newId(), roles: config.roles, version: VERSION },
    readState: openState(metrics.registry, sources),
  })
  lifecycle.add({ name: 'state of the process', close: () => reporting.close() })
  return sources
}

interface ReportingResources {
  config: Pick<Config, 'roles'>
  logger: Logger
  pools: Pick<Pools, 'requests'>
  metrics: Metrics
  newId: () => string
}

/** @returns what reads the state of this process. */
export function openState(registry: Registry, sources: StateSources): () => Promise<ProcessState> {
  const rates = { normal: openRate(), express: openRate() }
  const readTraffic = openTraffic(registry)
  const readClass = async (type: MessageClass) => {
    const count = (name: string, labels = {}) => readCounter(registry, name, { class: type, ...labels })
    const handedOver = await count('chapar_delivery_results_total', { result: 'done' })
    const recipientsInFlight = sources.recipientsInFlight?.(type) ?? 0
    const perSecond = rates[type].perSecond(handedOver, recipientsInFlight > 0)
    return {
      acceptedRecipients: await count('chapar_accepted_recipients_total'),
      handedOverRecipients: handedOver,
      failedRecipients: await count('chapar_delivery_results_total', { result: 'failed' }),
      handedOverPerSecond: sources.operators ? perSecond : null,
      recipientsInFlight,
    }
  }
  return async () => ({
    classes: { normal: await readClass('normal'), express: await readClass('express') },
    operators: (sources.operators?.states() ?? []).map(({ operator, messageClass, state, ...others }) => ({
      ...{ name: operator, class: messageClass, breaker: state, ...others },
    })),
    operatorsOmitted: 0,
    notesChanges: true as const,
    backlog: (await sources.readBacklog?.()) ?? null,
    traffic: await readTraffic(),
    ...(sources.readCustomers && { customers: sources.readCustomers() }),
    ...(sources.readDeadLetters && { deadLetters: await sources.readDeadLetters() }),
  })
}
