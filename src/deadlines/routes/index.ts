import type { Route } from '../../platform/http/index.ts'
import type { DeadlineActions } from './actions.ts'
import { adminDeadlinesRoute, deadlinesRoute } from './deadlines.ts'

export type { DeadlineActions } from './actions.ts'

/** The results of guarantees. */
export function deadlineRoutes(actions: DeadlineActions): Route[] {
  return [deadlinesRoute(actions), adminDeadlinesRoute(actions)]
}
