import { setTimeout as pause } from 'node:timers/promises'
import { ask } from '../clients/ask.ts'
import type { KeyHolder } from '../clients/sendKeyed.ts'
import type { GotEvent } from './endpointServer.ts'

const PAGE = 1_000
const TRIES_MAX = 20
const AGAIN_MS = 500

/** Reads each customer's whole feed, page by page, as its customers do. @throws Error when it cannot be read. */
export async function readFeeds(
  apiUrls: readonly string[],
  holders: readonly KeyHolder[],
  customers: Iterable<number>,
): Promise<Map<number, GotEvent[]>> {
  const feeds = new Map<number, GotEvent[]>()
  for (const customer of customers) {
    const holder = holders.find((each) => each.customer === customer)
    if (!holder) throw new Error(`customer ${customer} has no key`)
    feeds.set(customer, await readFeed(apiUrls, holder))
  }
  return feeds
}

async function readFeed(apiUrls: readonly string[], { customer, key }: KeyHolder): Promise<GotEvent[]> {
  const events: GotEvent[] = []
  let after = 0
  for (let failures = 0; failures < TRIES_MAX;) {
    const url = `${apiUrls[failures % apiUrls.length]}/v1/events?after=${after}&limit=${PAGE}`
    const { answered, body } = await ask(url, undefined, { method: 'GET', headers: { 'x-api-key': key } })
    if (answered !== 'accepted') {
      failures++
      await pause(AGAIN_MS)
      continue
    }
    events.push(...(body['events'] as GotEvent[]))
    if (body['has_more'] !== true) return events
    after = Number(body['next_after'])
  }
  throw new Error(`the feed of customer ${customer} could not be read`)
}
