import { Pool } from 'undici'
import type { Bench } from '../bench.ts'
import type { HistoryTimes } from '../findings.ts'
import { percentilesOfValues } from '../measure/countedPercentiles.ts'
import { fillDone } from '../stage/fillDone.ts'
import { withCrew } from '../stage/withCrew.ts'

const LARGE = 1
const SMALL_MESSAGES = 100
const PAGE_ITEMS = 100
const YEAR_MS = 365 * 24 * 3_600_000

/** S8: pages of history and balance of a customer with many messages among many more, and of those with a hundred. */
export async function history(bench: Bench): Promise<void> {
  const { stage, form, stopList, findings, say, options } = bench
  const { messages, ofLargeCustomer } = form.history
  const customers = 1 + Math.round((messages - ofLargeCustomer) / SMALL_MESSAGES)
  const shares = [
    { customerFirst: LARGE, customers: 1, perCustomer: ofLargeCustomer },
    { customerFirst: LARGE + 1, customers: customers - 1, perCustomer: SMALL_MESSAGES },
  ]
  const fill = () => fillDone(stage.servers, shares, YEAR_MS, say)
  const crewOptions = {
    ...{ stage, stopList, env: options.env, customers, fill },
    roles: ['api'] as const,
  }
  findings.histories = await withCrew(crewOptions, (crew) => lookAll(crew.apiUrl, bench, customers))
}

const LOOKS = [
  { look: 'history page', path: '/sms/history', query: {} },
  { look: 'history page, status=pending, none included', path: '/sms/history', query: { status: 'pending' } },
  { look: 'balance page', path: '/balance', query: {} },
]

async function lookAll(apiUrl: string, { form, say }: Bench, customers: number): Promise<HistoryTimes[]> {
  const { messages, ofLargeCustomer, looks } = form.history
  const pool = new Pool(apiUrl, { connections: 1 })
  try {
    const times: HistoryTimes[] = []
    for (const { look, path, query } of LOOKS) {
      const get = (user: number, cursor: string | null) =>
        timePage(pool, path, { ...query, user_id: user, limit: PAGE_ITEMS, ...(cursor ? { cursor } : {}) })
      // A warm-up that prepares and compiles the statements.
      for (let user = customers; user > customers - 20 && user > LARGE; user--) await get(user, null)
      const step = Math.max(1, Math.floor((customers - 1) / looks))
      const largeMs: number[] = []
      const smallMs: number[] = []
      let cursor: string | null = null
      // In turns, so that disturbances of the machine affect both. Each query reads new rows: the next page of the
      // large customer, and another small customer.
      for (let turn = 0; turn < looks; turn++) {
        const page: Page = await get(LARGE, cursor)
        cursor = page.nextCursor
        largeMs.push(page.ms)
        smallMs.push((await get(LARGE + 1 + ((turn * step) % (customers - 1)), null)).ms)
      }
      const [large, small] = [percentilesOfValues(largeMs), percentilesOfValues(smallMs)]
      say(
        `${look}: p99 ${large.p99Ms.toFixed(1)} ms of ${ofLargeCustomer} messages, ${small.p99Ms.toFixed(1)} ms of ${SMALL_MESSAGES}`,
      )
      times.push({ look, messages, ofLargeCustomer, large, small })
    }
    return times
  } finally {
    await pool.close()
  }
}

interface Page {
  ms: number
  nextCursor: string | null
}

async function timePage(pool: Pool, path: string, query: Record<string, string | number>): Promise<Page> {
  const startMs = performance.now()
  const { statusCode, body } = await pool.request({ method: 'GET', path, query })
  const page = (await body.json()) as { next_cursor: string | null }
  if (statusCode !== 200) throw new Error(`GET ${path} answered ${statusCode}`)
  return { ms: performance.now() - startMs, nextCursor: page.next_cursor }
}
