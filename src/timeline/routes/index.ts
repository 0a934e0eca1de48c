import type { Route } from '../../platform/http/index.ts'
import { adminTimelineRoute, timelineRoute } from './timeline.ts'
import type { TimelineActions } from './timeline.ts'

export type { TimelineActions } from './timeline.ts'

export function timelineRoutes(actions: TimelineActions): Route[] {
  return [timelineRoute(actions), adminTimelineRoute(actions)]
}
