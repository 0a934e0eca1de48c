import { createPollEvents, startPolling } from '../delivery/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import type { OpenOperators } from './openOperators.ts'
import type { SharedResources } from './sharedResources.ts'

/** Asks operators that send no receipts whether messages were delivered. A consumer is the only caller of operators. */
export function startReceiptPolls(
  { config, pools, logger, metrics, receipts }: SharedResources,
  { operators, events: operatorEvents }: Pick<OpenOperators, 'operators' | 'events'>,
): Part {
  const names = config.operators.flatMap(({ name, receipts }) => (receipts?.poll ? [name] : []))
  const polling = startPolling({
    ...{ db: pools.work.normal, operatorEvents, store: receipts.store },
    operatorsOf: (type) => operators.of(type),
    events: createPollEvents(logger, metrics.registry, names),
  })
  return { name: 'polls for receipts', takesWork: true, close: () => polling.close() }
}
