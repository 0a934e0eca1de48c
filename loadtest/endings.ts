import { setTimeout as pause } from 'node:timers/promises'
import type { Api, HistoryItem } from './api.ts'
import { atOnce } from './atOnce.ts'

/** A customer and the newest message it had before the load: what is newer belongs to it. */
export interface Sender {
  customerId: number
  newestBefore: string
}

/** What became of all recipients that the senders' requests named. */
export interface Endings {
  done: number
  failed: number
  /** Neither, so far. */
  open: number
  /** In the history without an accepting answer of ours: the answer was lost on its way. */
  unanswered: number
  /** Accepted, and the history names another number of recipients: at most the first few, for people. */
  wrong: string[]
  wrongCount: number
  /** By the database's clock: the first acceptance and the last ending, and each recipient's time between them. */
  firstAcceptedMs: number
  lastEndedMs: number
  handOverMs: Record<HistoryItem['type'], number[]>
}

/** Looking must not become a load of its own beside the one that is measured. */
const LOOKS_AT_ONCE = 4
const ROUND_PAUSE_MS = 500
const PAGE_ITEMS = 1_000
const WRONG_LISTED_MAX = 10

/** Identifiers are ordered by time: the empty one is older than any. */
export async function markSenders(api: Api, customers: readonly number[]): Promise<Sender[]> {
  const senders: Sender[] = []
  await atOnce(customers, LOOKS_AT_ONCE, async (customerId) => {
    const { history } = await api.history({ user_id: customerId, limit: 1 })
    senders.push({ customerId, newestBefore: history[0]?.sms_identifier ?? '' })
  })
  return senders
}

/**
 * Waits until no sender has an open message. An API that is away meanwhile is waited for: it may have been killed to
 * see what becomes of them. @returns whether that came true in time.
 */
export async function waitUntilEnded(
  api: Api,
  senders: readonly Sender[],
  timeoutMs: number,
  onProgress: (unfinished: number, elapsedMs: number) => void,
): Promise<boolean> {
  const startedAtMs = performance.now()
  let waiting = senders
  for (;;) {
    const open: Sender[] = []
    await atOnce(waiting, LOOKS_AT_ONCE, async (sender) => {
      if (await hasOpen(api, sender).catch(() => true)) open.push(sender)
    })
    if (open.length === 0) return true
    const elapsedMs = performance.now() - startedAtMs
    onProgress(open.length, elapsedMs)
    if (elapsedMs > timeoutMs) return false
    waiting = open
    await pause(ROUND_PAUSE_MS)
  }
}

async function hasOpen(api: Api, { customerId }: Sender): Promise<boolean> {
  for (const status of ['pending', 'sending']) {
    const { history, next_cursor } = await api.history({ user_id: customerId, status, limit: 1 })
    if (history.length > 0 || next_cursor !== null) return true
  }
  return false
}

/** Reads every recipient of the load in the history. `accepted` holds the recipients of each accepted request. */
export async function readEndings(
  api: Api,
  senders: readonly Sender[],
  accepted: ReadonlyMap<string, number>,
): Promise<Endings> {
  const endings: Endings = {
    ...{ done: 0, failed: 0, open: 0, unanswered: 0, wrong: [], wrongCount: 0 },
    ...{ firstAcceptedMs: Infinity, lastEndedMs: -Infinity, handOverMs: { normal: [], express: [] } },
  }
  const missing = new Map(accepted)
  await atOnce(senders, LOOKS_AT_ONCE, async (sender) => {
    for await (const item of historyOf(api, sender)) {
      count(endings, item)
      const left = missing.get(item.sms_identifier)
      if (left === undefined) endings.unanswered++
      else missing.set(item.sms_identifier, left - 1)
    }
  })
  for (const [smsIdentifier, left] of missing) {
    if (left === 0) continue
    endings.wrongCount++
    if (endings.wrong.length < WRONG_LISTED_MAX)
      endings.wrong.push(`${smsIdentifier}: ${left} recipients of it are missing in the history`)
  }
  return endings
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

function count(endings: Endings, item: HistoryItem): void {
  const acceptedMs = Date.parse(item.created_at)
  endings.firstAcceptedMs = Math.min(endings.firstAcceptedMs, acceptedMs)
  if (item.status !== 'done' && item.status !== 'failed') {
    endings.open++
    return
  }
  const endedMs = Date.parse(item.updated_at)
  endings[item.status]++
  endings.lastEndedMs = Math.max(endings.lastEndedMs, endedMs)
  endings.handOverMs[item.type].push(endedMs - acceptedMs)
}
