import type { Sending } from './api.ts'
import type { LoadSettings } from './settings.ts'

/** What a run does, known before it begins. */
export interface Plan {
  requests: number
  customers: number[]
  /** What each customer needs to pay for its part at the highest price. */
  balance: number
  sending(index: number): Sending
}

/** Each accepted request is remembered until its ending was seen: about 150 bytes each. */
const REQUESTS_MAX = 1_000_000
const RECIPIENTS_MAX = 5_000_000

/** +999 is nobody's country code: should an operator be a real one after all, nobody's telephone rings. */
const NUMBER_PREFIX = '+999'
const NUMBER_DIGITS = 8
/** Multiples of it spread evenly over every share, in no step with the customers' turns. */
const GOLDEN = 0.618_033_988_749_895

/** @throws Error when the run would be larger than this tool keeps count of. */
export function planLoad(settings: LoadSettings): Plan {
  const { RATE, DURATION, CUSTOMERS, FIRST_CUSTOMER, RECIPIENTS, EXPRESS, PRICE } = settings
  const requests = Math.max(1, Math.round((RATE * DURATION) / 1_000))
  if (requests > REQUESTS_MAX || requests * RECIPIENTS > RECIPIENTS_MAX) {
    throw new Error(
      `${requests} requests of ${RECIPIENTS} recipients are too many for one run: ` +
        `at most ${REQUESTS_MAX} and ${RECIPIENTS_MAX} in all`,
    )
  }
  const customers = Array.from({ length: CUSTOMERS }, (_, index) => FIRST_CUSTOMER + index)
  return {
    requests,
    customers,
    balance: Math.ceil(requests / CUSTOMERS) * RECIPIENTS * PRICE,
    sending: (index) => ({
      customerId: FIRST_CUSTOMER + (index % CUSTOMERS),
      recipients: Array.from({ length: RECIPIENTS }, (_, no) => numberOf(index * RECIPIENTS + no)),
      type: (index * GOLDEN) % 1 < EXPRESS ? 'express' : 'normal',
    }),
  }
}

function numberOf(serial: number): string {
  return NUMBER_PREFIX + String(serial).padStart(NUMBER_DIGITS, '0')
}
