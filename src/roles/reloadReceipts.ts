import { createFileEvents } from '../operators/index.ts'
import { readAgain } from './reloadOperators.ts'
import type { SharedResources } from './sharedResources.ts'

/** @returns what reads the operators' file again where receipts are taken and no operator is called. */
export function createReceiptsReload({
  config,
  logger,
  metrics,
  receipts,
  routes,
}: Pick<SharedResources, 'config' | 'logger' | 'metrics' | 'receipts' | 'routes'>): () => void {
  const { operatorsFile: path } = config
  if (path === undefined) return () => {}
  const events = createFileEvents(logger, metrics.registry)
  return () => {
    const read = readAgain(path, config)
    if ('faults' in read) return events.fileRefused(read)
    routes.configure(read)
    events.fileApplied({ receipts: receipts.configure(read.operators) })
  }
}
