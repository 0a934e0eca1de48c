import { callerOf } from './call.ts'
import type { Caller, Exchange } from './call.ts'

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

/** All series of one look at /metrics. */
export interface Metrics {
  /** The state that an operator's breaker is in. */
  breakerOf(operator: string): string
  /** How many calls of an operator there were. */
  callsOf(operator: string): number
}

export function demoApi(url: string): DemoApi {
  const { get, post, text } = callerOf(url)
  return {
    topUp: (user_id, balance) => post('/balance/add', { user_id, balance, description: 'demonstration' }),
    send: (message) => post('/sms/send', message),
    history: async (query) => (await get<{ history: HistoryItem[] }>('/sms/history', query)).history,
    balance: (userId) => readBalance(get, userId),
    metrics: async () => toMetrics(await text('/metrics')),
  }
}

interface BalancePage {
  balance: number
  transactions: LedgerItem[]
  next_cursor: string | null
}

/** The balance with the whole ledger, oldest row first. */
async function readBalance(
  get: Caller['get'],
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
