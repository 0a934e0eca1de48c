import type { Api, HistoryItem } from './api.ts'
import { atOnce } from './atOnce.ts'
import type { Follower, FoundRecipient } from './follow.ts'

/** A customer and the newest message it had before the load: what is newer belongs to it. */
interface Sender {
  customerId: number
  newestBefore: string
}

/** Polling must not become a load of its own while the backlog drains. */
const LOOKS_AT_ONCE = 4
const PAGE_ITEMS = 1_000

/** Follows by the history of each customer: slow where they are many, and possible everywhere. */
export async function followApi(api: Api, customers: readonly number[]): Promise<Follower> {
  const senders = await markSenders(api, customers)
  let mayBeOpen: readonly Sender[] = senders
  return {
    async countOpen() {
      const stillOpen: Sender[] = []
      await atOnce(mayBeOpen, LOOKS_AT_ONCE, async (sender) => {
        if (await hasOpen(api, sender)) stillOpen.push(sender)
      })
      mayBeOpen = stillOpen
      return stillOpen.length
    },
    async *recipients() {
      for (const sender of senders)
        for await (const item of historyOf(api, sender)) yield found(sender.customerId, item)
    },
    close: () => Promise.resolve(),
  }
}

/** Identifiers are ordered by time: the empty one is older than any. */
async function markSenders(api: Api, customers: readonly number[]): Promise<Sender[]> {
  const senders: Sender[] = []
  await atOnce(customers, LOOKS_AT_ONCE, async (customerId) => {
    const { history } = await api.history({ user_id: customerId, limit: 1 })
    senders.push({ customerId, newestBefore: history[0]?.sms_identifier ?? '' })
  })
  return senders
}

async function hasOpen(api: Api, { customerId }: Sender): Promise<boolean> {
  for (const status of ['pending', 'sending']) {
    const { history, next_cursor } = await api.history({ user_id: customerId, status, limit: 1 })
    if (history.length > 0 || next_cursor !== null) return true
  }
  return false
}

async function* historyOf(api: Api, { customerId, newestBefore }: Sender): AsyncGenerator<HistoryItem> {
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await api.history({ user_id: customerId, limit: PAGE_ITEMS, ...(cursor && { cursor }) })
    for (const item of page.history) {
      if (item.sms_identifier <= newestBefore) return
      yield item
    }
    cursor = page.next_cursor
  }
}

function found(customerId: number, { type, status, created_at, updated_at }: HistoryItem): FoundRecipient {
  return { customerId, type, status, acceptedMs: Date.parse(created_at), updatedMs: Date.parse(updated_at) }
}
