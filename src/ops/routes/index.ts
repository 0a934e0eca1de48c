import type { Db } from '../../platform/db/index.ts'
import type { Route } from '../../platform/http/index.ts'
import type { LiveFeed } from '../live/keepLive.ts'
import { actionRoutes } from './actions.ts'
import { listRoutes } from './lists.ts'
import { liveRoute } from './live.ts'
import { pageRoutes } from './page.ts'
import { searchRoute } from './search.ts'
import { sessionRoutes } from './session.ts'

/** What the operations page needs. */
export interface OpsActions {
  db: Db
  newId: () => string
  /** Undefined where none is set: then nobody can sign in. */
  adminKey: string | undefined
  currency: string
  live: LiveFeed
}

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
