import type { CustomerValues } from '../src/accounts/index.ts'
import type { Charging } from '../src/primitives/charging.ts'

const numbers = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index)

/** Customers of seed 003's routes: some are rich, some spend all they have. */
export const CUSTOMERS = numbers(1, 60)
/** The customer whose messages probe health. */
export const PROBER = 101
/** Customers with API keys. */
export const KEY_CUSTOMERS = numbers(201, 20)
/** Some of them get a test key as well. */
export const TEST_KEY_CUSTOMERS = KEY_CUSTOMERS.slice(0, 5)
/** Of the same, with test keys or without: customers whose events go to endpoints, some to callbacks too. */
export const ENDPOINT_CUSTOMERS = KEY_CUSTOMERS.slice(0, 12)
/** And some whose prices are held until the hand-over or the delivery, once no older program can come back. */
export const HELD_BY: ReadonlyMap<number, Charging> = new Map(
  KEY_CUSTOMERS.slice(5, 10).map(
    (customer, index) => [customer, index < 2 ? 'hand_over' : 'delivery'] as const,
  ),
)
/**
 * And some whose express messages are guaranteed within this time, go to a second operator while the first is silent, and are
 * compensated when they are late; likewise. One of them has its prices held as well.
 */
export const GUARANTEED_WITHIN_MS_OF: ReadonlyMap<number, number> = new Map(
  KEY_CUSTOMERS.slice(9, 15).map((customer, index) => [customer, index % 2 === 0 ? 200 : 1_000] as const),
)
/** And some that read the feed alone; the others have no events. */
export const FEED_CUSTOMERS = KEY_CUSTOMERS.slice(12, 15)
const [WEIGHTED = 0, BOUND = 0, WINDOWED = 0] = KEY_CUSTOMERS.slice(15)
const WINDOW_OPENS_IN_MINUTES = 2
const WINDOW_MINUTES = 720
const MINUTES_A_DAY = 1_440

/** Of the others one has a weight, one a sending rate, and one a window that opens soon and stays open for the run. */
export function sendingPlansOf(nowMs: number): ReadonlyMap<number, Partial<CustomerValues>> {
  const opens = Math.floor(nowMs / 60_000) + WINDOW_OPENS_IN_MINUTES
  const sendingWindow = {
    fromMinute: opens % MINUTES_A_DAY,
    toMinute: (opens + WINDOW_MINUTES) % MINUTES_A_DAY,
    ...{ timeZone: 'UTC', hasExpress: true },
  }
  return new Map<number, Partial<CustomerValues>>([
    [WEIGHTED, { normalWeight: 4 }],
    [BOUND, { sendingPartsPerSecond: 20 }],
    [WINDOWED, { sendingWindow }],
  ])
}

/** Customers with API keys and tariffs of their own (tariffs.ts). */
export const TARIFF_CUSTOMERS = numbers(221, 5)

const CAPPED_CUSTOMERS = numbers(231, 4)
/** Of the first one, which is soon over; each next one may spend twice as much, for later in a run. */
const LEAST_PER_DAY = 30
/** Rich customers with API keys, and what each may spend in a day of UTC: less than it asks for. */
export const SPEND_PER_DAY_OF: ReadonlyMap<number, number> = new Map(
  CAPPED_CUSTOMERS.map((customer, index) => [customer, LEAST_PER_DAY * 2 ** index] as const),
)

const RICH = 1_000_000
const POOR = 300

/** What each customer is given before anything is sent. */
export const FIRST_MONEY: ReadonlyMap<number, number> = new Map([
  ...CUSTOMERS.map((customer) => [customer, customer % 5 === 0 ? POOR : RICH] as const),
  ...[PROBER, ...KEY_CUSTOMERS, ...TARIFF_CUSTOMERS, ...CAPPED_CUSTOMERS].map(
    (customer) => [customer, RICH] as const,
  ),
])
