import { setTimeout as pause } from 'node:timers/promises'
import { changeCustomer, createTariff } from '../../src/accounts/index.ts'
import type { AccountsContext } from '../../src/accounts/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { KeyMode } from '../../src/primitives/access.ts'
import { CLASSES } from '../../src/primitives/messageClass.ts'
import { GUARANTEED_WITHIN_MS_OF, HELD_BY, SPEND_PER_DAY_OF, sendingPlansOf } from '../customers.ts'
import { accountsOf, giveAccount, giveKey } from '../giveKey.ts'
import { PRICES } from '../prices.ts'
import { rulesOf } from '../tariffs.ts'
import { isPricedRightly } from './askQuote.ts'
import type { KeyHolder } from './sendKeyed.ts'

const ACTOR = 'make chaos'
const AGAIN_MS = 1_000
const RECEIPT_WAIT_SECONDS = 20

/** Keys that are given as soon as the database has the tables, and whenever it is there. */
export interface GivenKeys {
  /** Grows. A customer with tariffs is in it when every process at these addresses has them. */
  holders: readonly KeyHolder[]
  given: Promise<void>
  /** Gives test keys as well; only when no older program, which sends test messages to live operators, can come back. */
  giveTestKeys(customers: readonly number[]): Promise<void>
  /** Gives customers a weight, a sending rate, a window, guarantees, and tariffs that hold or compensate their prices; likewise. */
  giveSendingPlans(): Promise<void>
  stop(): Promise<void>
}

/** Gives each customer an API key, its limit of spending and its tariffs. */
export function startGivingKeys(db: Db, customers: readonly number[], apiUrls: readonly string[]): GivenKeys {
  const accounts = accountsOf(db)
  const holders: KeyHolder[] = []
  let isStopping = false
  /** @returns undefined: stopped. */
  const insist = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    while (!isStopping) {
      try {
        return await work()
      } catch {
        await pause(AGAIN_MS)
      }
    }
    return undefined
  }
  const waitForPrices = async (holder: KeyHolder) => {
    for (const url of apiUrls) {
      while (!isStopping && !(await isPricedRightly(url, holder))) await pause(AGAIN_MS)
    }
    if (!isStopping) holders.push(holder)
  }
  const give = async (some: readonly number[], mode: KeyMode) => {
    const waiting: Promise<void>[] = []
    for (const customer of some) {
      const holder = await insist(() => giveOne(accounts, customer, mode))
      if (!holder) break
      if (rulesOf(customer).length > 0) waiting.push(waitForPrices(holder))
      else holders.push(holder)
    }
    await Promise.all(waiting)
  }
  const given = give(customers, 'live')
  const all: Promise<void>[] = [given]
  return {
    holders,
    given,
    giveTestKeys(some) {
      const giving = give(some, 'test')
      all.push(giving)
      return giving
    },
    giveSendingPlans() {
      const giving = insist(() => setPlans(accounts, holders)).then(() => {})
      all.push(giving)
      return giving
    },
    stop: async () => {
      isStopping = true
      await Promise.all(all)
    },
  }
}

/** May run again after a fault in the middle: the window is then a little later. */
async function setPlans(accounts: AccountsContext, holders: readonly KeyHolder[]): Promise<void> {
  for (const [customer, values] of sendingPlansOf(Date.now()))
    await changeCustomer(accounts, publicIdOf(customer, holders), values, ACTOR)
  for (const [customer, guaranteedWithinMs] of GUARANTEED_WITHIN_MS_OF) {
    const values = { guaranteedWithinMs, hedge: true }
    await changeCustomer(accounts, publicIdOf(customer, holders), values, ACTOR)
  }
  for (const customer of new Set([...HELD_BY.keys(), ...GUARANTEED_WITHIN_MS_OF.keys()]))
    await setTariffs(accounts, customer, publicIdOf(customer, holders))
}

function publicIdOf(customer: number, holders: readonly KeyHolder[]): string {
  const publicId = holders.find((holder) => holder.customer === customer)?.publicId
  if (publicId === undefined) throw new Error(`customer ${customer} has no key yet`)
  return publicId
}

/**
 * The prices that the customer pays anyway, captured later or compensated. Soon without a receipt, so that a run meets
 * releases.
 */
async function setTariffs(accounts: AccountsContext, customer: number, publicId: string): Promise<void> {
  const charging = HELD_BY.get(customer) ?? 'acceptance'
  const receiptWaitSeconds = charging === 'delivery' ? RECEIPT_WAIT_SECONDS : null
  for (const type of CLASSES) {
    const price = { type, destinationPrefix: '', per: 'message' as const, price: PRICES[type] }
    const validity = { validFromMs: 0, validUntilMs: null }
    const refundMissed = type === 'express' && GUARANTEED_WITHIN_MS_OF.has(customer)
    const values = { customer: publicId, ...price, ...validity, charging, receiptWaitSeconds, refundMissed }
    const { kind } = await createTariff(accounts, values, ACTOR)
    if (kind !== 'created') throw new Error(`creating a tariff came to ${kind}`)
  }
}

/** May run again after a fault in the middle: an equal tariff changes nothing. */
async function giveOne(accounts: AccountsContext, customer: number, mode: KeyMode): Promise<KeyHolder> {
  const spendPerDay = SPEND_PER_DAY_OF.get(customer) ?? null
  const values = { name: `Customer ${customer}`, userId: customer, spendPerDay }
  const { publicId } = await giveAccount(accounts, values, ACTOR)
  for (const rule of rulesOf(customer)) {
    const validity = { validFromMs: 0, validUntilMs: null }
    const { kind } = await createTariff(accounts, { customer: publicId, ...rule, ...validity }, ACTOR)
    if (kind !== 'created') throw new Error(`creating a tariff came to ${kind}`)
  }
  const key = await giveKey(accounts, customer, mode, ACTOR)
  return { customer, publicId, key, isTest: mode === 'test' }
}
