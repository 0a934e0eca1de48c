import type { Route } from '../../platform/http/index.ts'
import { historyRoute } from './history.ts'
import type { ReadHistory } from './history.ts'
import { messageRoute } from './message.ts'
import type { ReadMessage } from './message.ts'
import { messageRecipientsRoute } from './messageRecipients.ts'
import type { ListRecipients } from './messageRecipients.ts'
import { messagesRoute } from './messages.ts'
import type { ListMessages } from './messages.ts'
import { quoteRoute } from './quote.ts'
import type { QuoteActions } from './quote.ts'
import { sendRoute } from './send.ts'
import type { AcceptSend, SendLimits } from './send.ts'
import { sendMessageRoute } from './sendMessage.ts'
import type { SendMessageContext } from './sendMessage.ts'
import type { V1Limits } from './v1Fields.ts'

export type { SendLimits } from './send.ts'
export type { V1Limits } from './v1Fields.ts'

/** What the routes of messages need. */
export interface MessageActions extends SendMessageContext, QuoteActions {
  accept: AcceptSend
  readHistory: ReadHistory
  readMessage: ReadMessage
  listMessages: ListMessages
  listRecipients: ListRecipients
  limits: SendLimits & V1Limits
}

export function messageRoutes(actions: MessageActions): Route[] {
  const { accept, readHistory, limits } = actions
  return [
    sendRoute(accept, limits),
    historyRoute(readHistory),
    sendMessageRoute(actions),
    quoteRoute(actions),
    messagesRoute(actions.listMessages),
    messageRoute(actions.readMessage),
    messageRecipientsRoute(actions.listRecipients),
  ]
}
