import {
  announceOperators,
  createOperatorEvents,
  followControls,
  followHealth,
  observeBreakers,
  observeHealth,
  openQuotaLease,
  registerOperators,
} from '../operators/index.ts'
import type { HealthFollower, OperatorEvents, Operators } from '../operators/index.ts'
import { openPartReferences } from '../messages/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { reloadOperators } from './reloadOperators.ts'
import type { SharedResources } from './sharedResources.ts'

/** The operators of a consumer, as their file and the people who control them want them. */
export interface OpenOperators {
  operators: Operators
  health: HealthFollower
  events: OperatorEvents
  parts: Part[]
  /** Reads the file again, if they are from one. */
  reload: () => void
}

/** Resolves when the control is in effect: a paused operator is not called by a process that starts. */
export async function openOperators({
  config,
  pools,
  logger,
  metrics,
  receipts,
  routes: knownRoutes,
  waitForDatabase,
}: SharedResources): Promise<OpenOperators> {
  const db = pools.work.normal
  const events = createOperatorEvents(logger, metrics.registry)
  const { routes, testOperator, operatorsFile: path } = config
  const health = followHealth(db, {
    onError: (error, retryInMs) =>
      logger.warn('could not update operator health', { error, retry_in_ms: retryInMs }),
  })
  observeHealth(metrics.registry, health)
  const operators = registerOperators({
    ...{ operators: config.operators, routes, testOperator, events, health },
    storeReceipt: receipts.store,
    onLateResult: receipts.storeLate,
    leaseQuota: openQuotaLease(pools.work),
    references: openPartReferences(pools.requests),
  })
  observeBreakers(metrics.registry, operators)
  await waitForDatabase(() => announceOperators(db, config.operators))
  const controls = followControls(db, operators, events)
  await waitForDatabase(() => controls.refresh())
  const following = controls.start()
  const judging = health.start()
  return {
    operators,
    health,
    events,
    parts: [
      { name: 'operators', close: () => operators.close() },
      { name: 'control of operators', takesWork: true, close: () => following.close() },
      { name: 'health of operators', takesWork: true, close: () => judging.close() },
    ],
    reload: () => {
      if (path === undefined) return
      reloadOperators({
        ...{ path, config, operators, events },
        onApplied: (file) => {
          receipts.configure(file.operators)
          knownRoutes.configure(file)
        },
        announce: (configs) => announceOperators(db, configs),
      })
    },
  }
}
