import { readBalance, topUp } from '../src/ledger/index.ts'
import { closeDb, databaseNowMs, openDb } from '../src/platform/db/index.ts'
import { identifierMaker } from '../src/primitives/identifier.ts'
import type { Api } from './api.ts'
import { atOnce } from './atOnce.ts'
import type { SendingCustomer } from './plan.ts'

/** Reads and tops up balances, through the API or through the ledger. */
export interface Wallet {
  balanceOf(customerId: number): Promise<number>
  add(customerId: number, amount: number): Promise<void>
  close(): Promise<void>
}

/** Enough to fill a group commit, and far below what a server lets one user open. */
const CONCURRENCY = 16

export function apiWallet(api: Api): Wallet {
  return {
    balanceOf: (customerId) => api.balanceOf(customerId),
    add: (customerId, amount) => api.add(customerId, amount),
    close: () => Promise.resolve(),
  }
}

/** The engine's own top-up in this process: one transaction each, with its ledger row. */
export function ledgerWallet(databaseUrl: string): Wallet {
  const db = openDb({
    url: databaseUrl,
    maxOpenConns: CONCURRENCY + 1,
    maxIdleConns: CONCURRENCY,
    connMaxLifetimeSeconds: 300,
  })
  const newId = identifierMaker(() => databaseNowMs(db))
  return {
    balanceOf: async (customerId) => (await readBalance(db, { userId: customerId, limit: 1 })).balance,
    async add(customerId, amount) {
      const decision = await topUp(db, { userId: customerId, amount, description: 'load test' }, newId())
      if (decision.kind !== 'added')
        throw new Error(`customer ${customerId} was not topped up: ${decision.kind}`)
    },
    close: () => closeDb(db),
  }
}

/** Tops each customer up by the same amount. */
export async function addToEach(
  wallet: Wallet,
  customers: readonly number[],
  amount: number,
  onDone: () => void,
  concurrency = CONCURRENCY,
): Promise<void> {
  await atOnce(customers, concurrency, async (customerId) => {
    await wallet.add(customerId, amount)
    onDone()
  })
}

/** Tops each customer up to the balance that it requires. @returns how many customers needed a top-up. */
export async function raiseToRequired(
  wallet: Wallet,
  customers: readonly SendingCustomer[],
  onDone: () => void,
): Promise<number> {
  let toppedUp = 0
  await atOnce(customers, CONCURRENCY, async ({ customerId, requiredBalance }) => {
    const lacking = requiredBalance - (await wallet.balanceOf(customerId))
    if (lacking > 0) {
      await wallet.add(customerId, lacking)
      toppedUp++
    }
    onDone()
  })
  return toppedUp
}
