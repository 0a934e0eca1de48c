import type { Route } from '../../platform/http/index.ts'
import type { Accept } from '../shards.ts'
import { bulkRoute } from './bulk/bulk.ts'
import type { ReadBulk } from './bulk/bulk.ts'
import { sendBulkRoute } from './bulk/sendBulk.ts'
import type { SendBulkContext } from './bulk/sendBulk.ts'
import { historyRoute } from './history.ts'
import type { ReadHistory } from './history.ts'
import { messageAttemptsRoute } from './messageAttempts.ts'
import type { ListAttempts } from './messageAttempts.ts'
import { messageRoute } from './message.ts'
import type { ReadMessage } from './message.ts'
import { messageRecipientsRoute } from './messageRecipients.ts'
import type { ListRecipients } from './messageRecipients.ts'
import { messagesRoute } from './messages.ts'
import type { ListMessages } from './messages.ts'
import { quoteRoute } from './quote.ts'
import type { QuoteActions } from './quote.ts'
import { sendRoute, sendWithKeyRoute } from './send.ts'
import type { SendLimits } from './sendBody.ts'
import { sendMessageRoute } from './sendMessage.ts'
import type { SendMessageContext } from './sendMessage.ts'
import type { V1Limits } from './v1Fields.ts'

export type { SendLimits } from './sendBody.ts'
export type { V1Limits } from './v1Fields.ts'

/** What the routes of messages need. */
export interface MessageActions extends SendMessageContext, SendBulkContext, QuoteActions {
  accept: Accept
  readHistory: ReadHistory
  readBulk: ReadBulk
  readMessage: ReadMessage
  listMessages: ListMessages
  listRecipients: ListRecipients
  listAttempts: ListAttempts
  limits: SendLimits & V1Limits
}

export function messageRoutes(actions: MessageActions): Route[] {
  const { accept, readHistory, limits } = actions
  return [
    sendRoute(accept, limits),
    historyRoute(readHistory),
    sendWithKeyRoute(accept, limits),
    sendMessageRoute(actions),
    sendBulkRoute(actions),
    bulkRoute(actions.readBulk),
    quoteRoute(actions),
    messagesRoute(actions),
    messageRoute(actions.readMessage),
    messageRecipientsRoute(actions.listRecipients),
    messageAttemptsRoute(actions.listAttempts),
  ]
}
