import type { Accepted, DemoApi, HistoryItem, Message } from './api.ts'
import type { Exchange } from './call.ts'

/** One recipient's states as the API's history showed them, each once, with the time since the request left. */
export interface StatusHistory {
  recipient: string
  provider: string
  states: { status: string; afterMs: number }[]
}

export interface Watched {
  exchange: Exchange<Accepted>
  histories: StatusHistory[]
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
  const histories = new Map<string, StatusHistory>()
  const before = await newest(api, message.customer_id)
  let exchange: Exchange<Accepted> | undefined
  const sending = api.send(message).then((answer) => (exchange = answer))
  // Awaited below; a refusal must not end the process meanwhile.
  sending.catch(() => {})
  for (;;) {
    const items = await api.history({ user_id: message.customer_id, limit: ITEMS_MAX })
    const afterMs = performance.now() - startMs
    for (const item of items) if (item.sms_identifier > before) note(histories, item, afterMs)
    if (
      exchange !== undefined &&
      histories.size === exchange.body.recipients &&
      [...histories.values()].every(hasEnded)
    )
      break
    if (afterMs > END_TIMEOUT_MS) throw new Error(`no end was seen within ${END_TIMEOUT_MS / 1_000} s`)
    // Never waits for the answer, but hears of a refusal.
    await Promise.race([sending, Promise.resolve()])
  }
  const byOrder = (history: StatusHistory) => message.recipients.indexOf(history.recipient)
  return { exchange, histories: [...histories.values()].sort((a, b) => byOrder(a) - byOrder(b)) }
}

/** Identifiers are ordered by time: what is newer was sent later. */
async function newest(api: DemoApi, userId: number): Promise<string> {
  const [item] = await api.history({ user_id: userId, limit: 1 })
  return item?.sms_identifier ?? ''
}

function note(histories: Map<string, StatusHistory>, item: HistoryItem, afterMs: number): void {
  const history = histories.get(item.recipient) ?? { recipient: item.recipient, provider: '', states: [] }
  histories.set(item.recipient, history)
  history.provider = item.provider
  if (history.states.at(-1)?.status !== item.status) history.states.push({ status: item.status, afterMs })
}

function hasEnded({ states }: StatusHistory): boolean {
  const status = states.at(-1)?.status
  return status === 'done' || status === 'failed'
}
