import type { Route } from '../../platform/http/index.ts'
import { historyRoute } from './history.ts'
import type { ReadHistory } from './history.ts'
import { sendRoute } from './send.ts'
import type { AcceptSend, SendLimits } from './send.ts'

export type { SendLimits } from './send.ts'

/** What the routes of messages need. */
export interface MessageActions {
  accept: AcceptSend
  readHistory: ReadHistory
  limits: SendLimits
}

export function messageRoutes({ accept, readHistory, limits }: MessageActions): Route[] {
  return [sendRoute(accept, limits), historyRoute(readHistory)]
}
