import type { Route } from '../../platform/http/index.ts'
import { actionRoutes } from './actions.ts'
import { listRoutes } from './lists.ts'
import { liveRoute } from './live.ts'
import type { OpsActions } from './opsActions.ts'
import { pageRoutes } from './page.ts'
import { searchRoute } from './search.ts'
import { sessionRoutes } from './session.ts'

export type { OpsActions } from './opsActions.ts'

/**
 * The operations page and what it alone calls. These routes are no part of the documented API: they change with the page.
 * What it does beside goes through the routes of the admin.
 */
export function opsPageRoutes(actions: OpsActions): Route[] {
  return [
    ...pageRoutes(),
    ...sessionRoutes(actions),
    liveRoute(actions),
    searchRoute(actions),
    ...listRoutes(actions),
    ...actionRoutes(actions),
  ]
}
