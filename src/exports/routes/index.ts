import type { Route } from '../../platform/http/index.ts'
import type { ExportActions } from './actions.ts'
import { downloadRoute } from './download.ts'
import { exportRoutes } from './exports.ts'

export type { ExportActions } from './actions.ts'

export function exportsRoutes(actions: ExportActions): Route[] {
  return [...exportRoutes(actions, 'read'), downloadRoute(actions), ...exportRoutes(actions, 'admin')]
}
