import type { Accepted, DemoApi, HistoryItem, Message, Told } from './api.ts'

/** One recipient's way, as the history showed it: each state once, with the time since the request left. */
export interface Way {
  recipient: string
  provider: string
  states: { status: string; afterMs: number }[]
}

export interface Watched {
  told: Told<Accepted>
  ways: Way[]
}

/** The slowest end, both operators asked twice, takes some seconds. */
const END_TIMEOUT_MS = 30_000
const ITEMS_MAX = 20

/**
 * Sends a message and asks the history without a pause, from before the answer until every recipient has ended:
 * `pending` lasts some milliseconds on an idle system. Only what an answer of the history showed is reported.
 */
export async function sendAndWatch(api: DemoApi, message: Message): Promise<Watched> {
  const startMs = performance.now()
  const ways = new Map<string, Way>()
  const before = await newest(api, message.customer_id)
  let told: Told<Accepted> | undefined
  const sending = api.send(message).then((answer) => (told = answer))
  // Awaited below; a refusal must not end the process meanwhile.
  sending.catch(() => {})
  for (;;) {
    const items = await api.history({ user_id: message.customer_id, limit: ITEMS_MAX })
    const afterMs = performance.now() - startMs
    for (const item of items) if (item.sms_identifier > before) note(ways, item, afterMs)
    if (told !== undefined && ways.size === told.body.recipients && [...ways.values()].every(hasEnded)) break
    if (afterMs > END_TIMEOUT_MS) throw new Error(`no end was seen within ${END_TIMEOUT_MS / 1_000} s`)
    // Never waits for the answer, but hears of a refusal.
    await Promise.race([sending, Promise.resolve()])
  }
  const byOrder = (way: Way) => message.recipients.indexOf(way.recipient)
  return { told, ways: [...ways.values()].sort((a, b) => byOrder(a) - byOrder(b)) }
}

/** Identifiers are ordered by time: what is newer was sent later. */
async function newest(api: DemoApi, userId: number): Promise<string> {
  const [item] = await api.history({ user_id: userId, limit: 1 })
  return item?.sms_identifier ?? ''
}

function note(ways: Map<string, Way>, item: HistoryItem, afterMs: number): void {
  const way = ways.get(item.recipient) ?? { recipient: item.recipient, provider: '', states: [] }
  ways.set(item.recipient, way)
  way.provider = item.provider
  if (way.states.at(-1)?.status !== item.status) way.states.push({ status: item.status, afterMs })
}

function hasEnded({ states }: Way): boolean {
  const status = states.at(-1)?.status
  return status === 'done' || status === 'failed'
}
