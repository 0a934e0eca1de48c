import { Pool } from 'undici'

export interface Sending {
  customerId: number
  recipients: string[]
  type: 'normal' | 'express'
}

/** How one request was answered. `accepted` when it was. */
export interface Sent {
  /** The status, or in words what came instead of an answer. */
  answer: string
  accepted?: { smsIdentifier: string; recipients: number }
}

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

/** The API under load, over a bounded number of connections. */
export interface Api {
  /** Never rejects. */
  send(sending: Sending): Promise<Sent>
  history(query: Record<string, string | number>): Promise<HistoryPage>
  balanceOf(customerId: number): Promise<number>
  add(customerId: number, amount: number): Promise<void>
  close(): Promise<void>
}

/** The engine answers within some seconds, if only with 503; what takes longer is lost. */
const ANSWER_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 5_000
const TEXT = 'load test'

export function openApi(baseUrl: string, connections: number): Api {
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
    async send({ customerId, recipients, type }) {
      try {
        const request = { customer_id: customerId, text: TEXT, recipients, type }
        const { statusCode, body } = await post('/sms/send', request)
        if (statusCode !== 200) {
          await body.dump()
          return { answer: String(statusCode) }
        }
        const json = (await body.json()) as { sms_identifier: string; recipients: number }
        const accepted = { smsIdentifier: json.sms_identifier, recipients: json.recipients }
        return { answer: '200', accepted }
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        return { answer: `no answer (${code ?? message})` }
      }
    },
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
