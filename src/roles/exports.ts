import { accessSync, constants } from 'node:fs'
import { readCustomer } from '../accounts/index.ts'
import {
  createExport,
  createExportFacts,
  deleteExport,
  findDownload,
  hasParquet,
  keepExporting,
  listExports,
  readExport,
} from '../exports/index.ts'
import type { ExportActions } from '../exports/routes/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { StartupFault } from '../platform/startupFault.ts'
import type { SharedResources } from './sharedResources.ts'

const DOWNLOADS_MAX = 100

/** What the routes of exports call. They make rows; relays make files. */
export function exportActions({
  config,
  pools,
  newId,
}: Pick<SharedResources, 'config' | 'pools' | 'newId'>): ExportActions {
  const db = pools.requests
  const { folder } = config.exports
  return {
    folder,
    hasParquet: hasParquet(),
    downloadsMax: DOWNLOADS_MAX,
    region: config.limits.region,
    nowMs: () => databaseNowMs(db),
    createExport: (request, admin) => createExport({ db, newId }, request, admin),
    listExports: (query) => listExports(db, query),
    readExport: (key) => readExport(db, key),
    deleteExport: (key, admin) => deleteExport({ db, newId, folder: folder ?? '' }, key, admin),
    findDownload: (query) => findDownload(db, query),
    readCustomer: (publicId) => readCustomer(db, publicId),
  }
}

/** The relay writes the files. @throws StartupFault when it cannot write in the folder. */
export function startExporting({ config, pools, logger, metrics }: SharedResources): Part[] {
  const { folder, ...limits } = config.exports
  if (folder === undefined) return []
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StartupFault(`EXPORT_FOLDER: ${(error as Error).message}`, { cause: error })
  }
  const facts = createExportFacts(logger, metrics.registry)
  const loops = keepExporting({ db: pools.work.normal, folder, ...limits, facts })
  return loops.map((loop) => ({ name: 'exports', takesWork: true, close: () => loop.close() }))
}
