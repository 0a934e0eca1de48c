import { setTimeout as pause } from 'node:timers/promises'

/** A missed guarantee, as the engine lists it. */
export interface ListedMiss {
  message_id: string
  cause: 'late' | 'unsent'
  compensation: 'none' | 'due' | 'paid'
  compensated_cents: number
}

interface Page {
  misses: ListedMiss[]
  counts: { late: number; unsent: number; compensation_due: number }
  overdue: { recipients: number }
  next_cursor: string | null
}

const LIMIT = 1_000
const WAIT_MAX_MS = 60_000
const LOOK_MS = 500

/**
 * Lists the misses of all customers by `GET /v1/admin/deadlines`, page by page, when nothing is overdue and no compensation is
 * due any more, or a minute is over.
 */
export async function listMisses(apiUrl: string, adminKey: string): Promise<ListedMiss[]> {
  const read = (query: string) => readPage(`${apiUrl}/v1/admin/deadlines?limit=${LIMIT}${query}`, adminKey)
  const endsAtMs = performance.now() + WAIT_MAX_MS
  for (;;) {
    const { counts, overdue } = await read('')
    if (counts.compensation_due + overdue.recipients === 0 || performance.now() > endsAtMs) break
    await pause(LOOK_MS)
  }
  // Pages of one range: the next one's cursor does not say it.
  const to = `&to=${encodeURIComponent(new Date().toISOString())}`
  const misses: ListedMiss[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Page = await read(to + (cursor && `&cursor=${cursor}`))
    misses.push(...page.misses)
    cursor = page.next_cursor
  }
  return misses
}

async function readPage(url: string, adminKey: string): Promise<Page> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${adminKey}` } })
  const text = await response.text()
  if (!response.ok) throw new Error(`the list of misses was answered with ${response.status}: ${text}`)
  return JSON.parse(text) as Page
}
