import type { Route } from '../../platform/http/index.ts'
import { historyRoute } from './history.ts'
import type { ReadHistory } from './history.ts'
import { sendRoute } from './send.ts'
import type { AcceptSend, SendLimits } from './send.ts'
import { sendMessageRoute } from './sendMessage.ts'
import type { SendMessageContext } from './sendMessage.ts'
import type { V1Limits } from './v1Fields.ts'

export type { SendLimits } from './send.ts'
export type { V1Limits } from './v1Fields.ts'

/** What the routes of messages need. */
export interface MessageActions extends SendMessageContext {
  accept: AcceptSend
  readHistory: ReadHistory
  limits: SendLimits & V1Limits
}

export function messageRoutes(actions: MessageActions): Route[] {
  const { accept, readHistory, limits } = actions
  return [sendRoute(accept, limits), historyRoute(readHistory), sendMessageRoute(actions)]
}
