import { Pool } from 'undici'

export interface HistoryItem {
  sms_identifier: string
  type: 'normal' | 'express'
  status: 'pending' | 'sending' | 'done' | 'failed'
  created_at: string
  updated_at: string
}

export interface HistoryPage {
  history: HistoryItem[]
  next_cursor: string | null
}

/** What is asked of the API beside the load, over a bounded number of connections. */
export interface Api {
  history(query: Record<string, string | number>): Promise<HistoryPage>
  balanceOf(customerId: number): Promise<number>
  add(customerId: number, amount: number): Promise<void>
  close(): Promise<void>
}

/** The engine answers within some seconds, if only with 503; what takes longer is lost. */
const ANSWER_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 5_000
/** Polling must not become a load of its own. */
const CONNECTIONS = 16

export function openApi(baseUrl: string, connections = CONNECTIONS): Api {
  const pool = new Pool(new URL(baseUrl).origin, {
    connections,
    pipelining: 1,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  })
  const post = (path: string, body: unknown) =>
    pool.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const get = async <T>(path: string, query: Record<string, string | number>): Promise<T> => {
    const { statusCode, body } = await pool.request({ method: 'GET', path, query })
    if (statusCode !== 200) throw new Error(`GET ${path} answered ${statusCode}: ${await body.text()}`)
    return (await body.json()) as T
  }
  return {
    history: (query) => get('/sms/history', query),
    balanceOf: async (customerId) =>
      (await get<{ balance: number }>('/balance', { user_id: customerId, limit: 1 })).balance,
    async add(customerId, amount) {
      const request = { user_id: customerId, balance: amount, description: 'load test' }
      const { statusCode, body } = await post('/balance/add', request)
      if (statusCode !== 200)
        throw new Error(`POST /balance/add answered ${statusCode}: ${await body.text()}`)
      await body.dump()
    },
    close: () => pool.close(),
  }
}
