import { readEventsAfter } from '../events/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { describeEvents } from './describeEvents.ts'
import type { EventView } from './describeEvents.ts'

export interface FeedQuery {
  userId: number
  /** The number of the last event that the customer has. */
  after: number
  limit: number
}

export interface FeedPage {
  events: EventView[]
  /** What to ask for next: the number of the last event here, or `after` where there is none. */
  nextAfter: number
  /** More events are there already. */
  hasMore: boolean
}

/** @returns a customer's events after a number, in the order of their numbers and without a gap. @throws Unavailable. */
export function readFeed(db: Db, { userId, after, limit }: FeedQuery): Promise<FeedPage> {
  return read(db, 'webhooks.read_feed', async (reader) => {
    const found = await readEventsAfter(reader, { userId, after, limit: limit + 1 })
    const page = found.slice(0, limit)
    return {
      events: await describeEvents(reader, page),
      nextAfter: page.at(-1)?.seq ?? after,
      hasMore: found.length > limit,
    }
  })
}
