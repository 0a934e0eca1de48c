import type {
  CreateKeyBody,
  ListKeysQuery,
  ListMessageAttemptsQuery,
  ListMessageRecipientsQuery,
  ListMessagesQuery,
  ListTransactionsQuery,
  QuoteMessageBody,
  SendBulkBody,
  SendMessageBody,
} from './api.ts'
import { openCall } from './call.ts'
import type { CallOptions, KeyedOptions } from './call.ts'
import { eachItem } from './eachItem.ts'
import { readOptions } from './settings.ts'
import type { ClientOptions } from './settings.ts'

export type ChaparClient = ReturnType<typeof createClient>

/**
 * The API of a customer. A call is repeated after 429, 503 and a lost answer, but only where that is safe. A list is read
 * page by page (`list...`) or item by item (`each...`). Every call throws a ChaparError when it fails.
 */
export function createClient(options: ClientOptions) {
  const call = openCall(readOptions(options))
  return {
    /** Any operation, by its id in the OpenAPI document. */
    call,

    sendMessage: (body: SendMessageBody, options?: KeyedOptions) => call('sendMessage', { body }, options),
    quote: (body: QuoteMessageBody, options?: CallOptions) => call('quoteMessage', { body }, options),
    getMessage: (id: string, options?: CallOptions) => call('readMessage', { path: { id } }, options),
    cancelMessage: (id: string, options?: CallOptions) => call('cancelMessage', { path: { id } }, options),

    sendBulk: (body: SendBulkBody, options?: KeyedOptions) => call('sendBulk', { body }, options),
    getBulk: (id: string, options?: CallOptions) => call('readBulk', { path: { id } }, options),
    cancelBulk: (id: string, options?: CallOptions) => call('cancelBulk', { path: { id } }, options),

    listMessages: (query: ListMessagesQuery = {}, options?: CallOptions) =>
      call('listMessages', { query }, options),
    eachMessage: (query: ListMessagesQuery = {}, options?: CallOptions) =>
      eachItem(
        (from) => call('listMessages', { query: { ...query, ...from } }, options),
        ({ messages }) => messages,
      ),

    listRecipients: (id: string, query: ListMessageRecipientsQuery = {}, options?: CallOptions) =>
      call('listMessageRecipients', { path: { id }, query }, options),
    eachRecipient: (id: string, query: ListMessageRecipientsQuery = {}, options?: CallOptions) =>
      eachItem(
        (from) => call('listMessageRecipients', { path: { id }, query: { ...query, ...from } }, options),
        ({ recipients }) => recipients,
      ),

    listAttempts: (id: string, query: ListMessageAttemptsQuery = {}, options?: CallOptions) =>
      call('listMessageAttempts', { path: { id }, query }, options),
    eachAttempt: (id: string, query: ListMessageAttemptsQuery = {}, options?: CallOptions) =>
      eachItem(
        (from) => call('listMessageAttempts', { path: { id }, query: { ...query, ...from } }, options),
        ({ attempts }) => attempts,
      ),

    me: (options?: CallOptions) => call('readMe', {}, options),
    listTransactions: (query: ListTransactionsQuery = {}, options?: CallOptions) =>
      call('listTransactions', { query }, options),
    eachTransaction: (query: ListTransactionsQuery = {}, options?: CallOptions) =>
      eachItem(
        (from) => call('listTransactions', { query: { ...query, ...from } }, options),
        ({ transactions }) => transactions,
      ),

    listKeys: (query: ListKeysQuery = {}, options?: CallOptions) => call('listKeys', { query }, options),
    eachKey: (query: ListKeysQuery = {}, options?: CallOptions) =>
      eachItem(
        (from) => call('listKeys', { query: { ...query, ...from } }, options),
        ({ keys }) => keys,
      ),
    createKey: (body: CreateKeyBody, options?: CallOptions) => call('createKey', { body }, options),
    revokeKey: (id: string, options?: CallOptions) => call('revokeKey', { path: { id } }, options),
  }
}
