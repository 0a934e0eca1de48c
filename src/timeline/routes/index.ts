import type { Route } from '../../platform/http/index.ts'
import { queueRoute } from './queue.ts'
import type { QueueActions } from './queue.ts'
import { adminTimelineRoute, timelineRoute } from './timeline.ts'
import type { TimelineActions as TimelinesActions } from './timeline.ts'

export type TimelineActions = TimelinesActions & QueueActions

export function timelineRoutes(actions: TimelineActions): Route[] {
  return [timelineRoute(actions), adminTimelineRoute(actions), queueRoute(actions)]
}
