/** What the demonstration needs of Chapar's own API, and how it looked on the wire. */
export interface DemoApi {
  topUp(userId: number, balance: number): Promise<Exchange<{ balance: number; transaction_id: string }>>
  send(message: Message): Promise<Exchange<Accepted>>
  history(query: Record<string, string | number>): Promise<HistoryItem[]>
  balance(userId: number): Promise<{ balance: number; ledger: LedgerItem[] }>
  metrics(): Promise<Metrics>
}

export interface Message {
  customer_id: number
  text: string
  recipients: string[]
  type: 'normal' | 'express'
}

export interface Accepted {
  sms_identifier: string
  recipients: number
  cost: number
}

export interface HistoryItem {
  sms_identifier: string
  recipient: string
  status: string
  provider: string
}

export interface LedgerItem {
  transaction_id: string
  amount: number
  transaction_type: string
  description: string
  created_at: string
}

/** An answer, with the request and the answer as they were. */
export interface Exchange<T> {
  body: T
  request: string
  answer: string
}

/** All series of one look at /metrics. */
export interface Metrics {
  /** The state that an operator's breaker is in. */
  breakerOf(operator: string): string
  /** How many calls of an operator there were. */
  callsOf(operator: string): number
}

const ANSWER_TIMEOUT_MS = 10_000

export function demoApi(url: string): DemoApi {
  const ask = async (path: string, init: RequestInit = {}) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const response = await fetch(url + path, { ...init, signal }).catch((error: Error) => {
      const { code = error.message } = (error.cause ?? {}) as { code?: string }
      throw new Error(`${path} was not answered: ${code}`, { cause: error })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
    return { status: response.status, text }
  }
  const post = async <T>(path: string, body: object): Promise<Exchange<T>> => {
    const json = JSON.stringify(body)
    const headers = { 'content-type': 'application/json' }
    const { status, text } = await ask(path, { method: 'POST', headers, body: json })
    return { body: JSON.parse(text) as T, request: `POST ${path} ${json}`, answer: `${status} ${text}` }
  }
  const get = async <T>(path: string, query: Record<string, string | number>): Promise<T> => {
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    return JSON.parse((await ask(`${path}?${search.join('&')}`)).text) as T
  }
  return {
    topUp: (user_id, balance) => post('/balance/add', { user_id, balance, description: 'demonstration' }),
    send: (message) => post('/sms/send', message),
    history: async (query) => (await get<{ history: HistoryItem[] }>('/sms/history', query)).history,
    balance: (userId) => readBalance(get, userId),
    metrics: async () => toMetrics((await ask('/metrics')).text),
  }
}

interface BalancePage {
  balance: number
  transactions: LedgerItem[]
  next_cursor: string | null
}

/** The balance with the whole ledger, oldest row first. */
async function readBalance(
  get: <T>(path: string, query: Record<string, string | number>) => Promise<T>,
  userId: number,
): Promise<{ balance: number; ledger: LedgerItem[] }> {
  const newestFirst: LedgerItem[] = []
  let page = await get<BalancePage>('/balance', { user_id: userId })
  const { balance } = page
  newestFirst.push(...page.transactions)
  while (page.next_cursor !== null) {
    page = await get<BalancePage>('/balance', { user_id: userId, cursor: page.next_cursor })
    newestFirst.push(...page.transactions)
  }
  return { balance, ledger: newestFirst.reverse() }
}

function toMetrics(text: string): Metrics {
  const lines = text.split('\n')
  const valueOf = (line: string) => Number(line.slice(line.lastIndexOf(' ')))
  return {
    breakerOf(operator) {
      // Each class has a breaker; the one that is not closed is the one to show.
      const start = `chapar_breaker_state{operator="${operator}",`
      const current = lines.filter((line) => line.startsWith(start) && valueOf(line) === 1)
      const states = current.map((line) => /state="([a-z-]+)"/.exec(line)?.[1] ?? 'unknown')
      return states.find((state) => state !== 'closed') ?? states[0] ?? 'unknown'
    },
    callsOf(operator) {
      const start = `chapar_operator_call_duration_seconds_count{operator="${operator}"`
      return lines.filter((line) => line.startsWith(start)).reduce((sum, line) => sum + valueOf(line), 0)
    },
  }
}
