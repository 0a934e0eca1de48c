import { callerOf } from './call.ts'
import type { Exchange } from './call.ts'

/** What the customer of the demonstration does on /v1, with a key of its own. */
export interface Account {
  createEndpoint(url: string): Promise<Exchange<{ id: string; secret: string }>>
  deleteEndpoint(id: string): Promise<void>
  quote(message: OneMessage): Promise<Quote>
  send(message: OneMessage): Promise<Exchange<{ message_id: string; parts: number; cost: number }>>
  read(messageId: string): Promise<MessageState>
  /** The feed from its beginning. */
  events(): Promise<DemoEvent[]>
}

export interface OneMessage {
  to: string
  text: string
}

export interface Quote {
  parts: number
  encoding: string
  cost: number
  segments: string[]
}

export interface MessageState {
  status: string
  provider: string | null
  parts: number
  cost_cents: number
  attempts: number
  created_at: string
}

export interface DemoEvent {
  id: string
  type: string
  sequence: number
  timestamp: string
  data: { message_id: string; status: string }
}

/** Gives the customer, who has a balance already, a key and a price for each part. */
export async function openAccount(
  url: string,
  { adminKey, userId, pricePerPart }: { adminKey: string; userId: number; pricePerPart: number },
): Promise<Account> {
  const admin = callerOf(url, { 'x-api-key': adminKey })
  const { body: customer } = await admin.post<{ id: string }>('/v1/admin/customers', {
    ...{ name: 'Demonstration', user_id: userId },
  })
  await admin.post('/v1/admin/tariffs', { customer: customer.id, per: 'part', price: pricePerPart })
  const { body: created } = await admin.post<{ key: string }>(`/v1/admin/customers/${customer.id}/keys`, {
    ...{ name: 'demonstration', scopes: ['send', 'read', 'manage'] },
  })
  const { get, post, remove } = callerOf(url, { 'x-api-key': created.key })
  return {
    createEndpoint: (endpoint) => post('/v1/webhooks', { url: endpoint }),
    deleteEndpoint: (id) => remove(`/v1/webhooks/${id}`),
    quote: async (message) => (await post<Quote>('/v1/messages/quote', message)).body,
    send: (message) => post('/v1/messages', message),
    read: (messageId) => get(`/v1/messages/${messageId}`),
    events: async () => (await get<{ events: DemoEvent[] }>('/v1/events', { after: 0 })).events,
  }
}
