import { countByCustomer, requestsOf } from './generator/index.ts'
import type { GeneratorPlan } from './generator/index.ts'
import type { LoadSettings } from './settings.ts'

/** A customer that sends, and what it needs to pay for its part at the highest price. */
export interface Payer {
  customerId: number
  balance: number
}

/** Customers are drawn request by request beforehand, to know what each has to pay: some seconds' work for so many. */
const REQUESTS_MAX = 100_000_000
/** What is late when the time is over may still be sent for so long. */
const OVERTIME_MS = 10_000
const TEXT = 'load test'

/** @throws Error when the run would be larger than this tool can prepare. */
export function planLoad(settings: LoadSettings, baseUrl: string): GeneratorPlan {
  const { RATE, DURATION, WARM_UP, CUSTOMERS, FIRST_CUSTOMER, SKEW, SEED } = settings
  const plan: GeneratorPlan = {
    baseUrl,
    ratePerSecond: RATE,
    warmUpMs: WARM_UP,
    durationMs: DURATION,
    customerFirst: FIRST_CUSTOMER,
    customerLast: FIRST_CUSTOMER + CUSTOMERS - 1,
    skew: SKEW,
    seed: SEED,
    recipientsPerRequest: settings.RECIPIENTS,
    expressShare: settings.EXPRESS,
    text: TEXT,
    connections: settings.CONNECTIONS,
    overtimeMs: OVERTIME_MS,
    countsCustomers: true,
  }
  const { warmUp, measured } = requestsOf(plan)
  if (warmUp + measured > REQUESTS_MAX)
    throw new Error(`${warmUp + measured} requests are too many for one run: at most ${REQUESTS_MAX}`)
  return plan
}

/** Those whom the draw gives at least one request. */
export function payersOf(plan: GeneratorPlan, price: number): Payer[] {
  const costOfRequest = plan.recipientsPerRequest * price
  return Array.from(countByCustomer(plan), (requests, index) => ({
    customerId: plan.customerFirst + index,
    balance: requests * costOfRequest,
  })).filter(({ balance }) => balance > 0)
}
