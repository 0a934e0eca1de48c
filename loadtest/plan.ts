import { countByCustomer, requestsOf } from './generator/index.ts'
import type { GeneratorPlan } from './generator/index.ts'
import type { LoadSettings } from './settings.ts'
import type { Target } from './target.ts'

/** A customer that sends, and the balance that its requests cost at the highest price. */
export interface SendingCustomer {
  customerId: number
  requiredBalance: number
}

/** All requests are assigned to customers beforehand, to know each one's cost; this many take some seconds. */
const REQUESTS_MAX = 100_000_000
/** Late requests may still be sent for this long after the run's time. */
const OVERTIME_MS = 10_000
const TEXT = 'load test'

/** @throws Error when the run would be larger than this tool can prepare. */
export function planLoad(
  settings: LoadSettings,
  { baseUrl, tracesAll }: Pick<Target, 'baseUrl' | 'tracesAll'>,
): GeneratorPlan {
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
    isUntraced: tracesAll,
  }
  const { warmUp, measured } = requestsOf(plan)
  if (warmUp + measured > REQUESTS_MAX)
    throw new Error(`${warmUp + measured} requests are too many for one run: at most ${REQUESTS_MAX}`)
  return plan
}

/** The customers that send at least one request. */
export function sendingCustomers(plan: GeneratorPlan, price: number): SendingCustomer[] {
  const costOfRequest = plan.recipientsPerRequest * price
  return Array.from(countByCustomer(plan), (requests, index) => ({
    customerId: plan.customerFirst + index,
    requiredBalance: requests * costOfRequest,
  })).filter(({ requiredBalance }) => requiredBalance > 0)
}
