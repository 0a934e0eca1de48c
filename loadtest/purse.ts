import { readBalance, topUp } from '../src/ledger/index.ts'
import { closeDb, databaseNowMs, openDb } from '../src/platform/db/index.ts'
import { identifierMaker } from '../src/primitives/identifier.ts'
import type { Api } from './api.ts'
import { atOnce } from './atOnce.ts'
import type { Payer } from './plan.ts'

/** A way to give customers money: through the API, or through the ledger itself. */
export interface Purse {
  balanceOf(customerId: number): Promise<number>
  add(customerId: number, amount: number): Promise<void>
  close(): Promise<void>
}

/** Enough to fill a group commit, and far below what a server lets one user open. */
const AT_ONCE = 16

export function apiPurse(api: Api): Purse {
  return {
    balanceOf: (customerId) => api.balanceOf(customerId),
    add: (customerId, amount) => api.add(customerId, amount),
    close: () => Promise.resolve(),
  }
}

/** The engine's own top-up in this process: one transaction each, with its ledger row. */
export function ledgerPurse(databaseUrl: string): Purse {
  const db = openDb({
    url: databaseUrl,
    maxOpenConns: AT_ONCE + 1,
    maxIdleConns: AT_ONCE,
    connMaxLifetimeSeconds: 300,
  })
  const newId = identifierMaker(() => databaseNowMs(db))
  return {
    balanceOf: async (customerId) => (await readBalance(db, { userId: customerId, limit: 1 })).balance,
    async add(customerId, amount) {
      const verdict = await topUp(db, { userId: customerId, amount, description: 'load test' }, newId())
      if (verdict.kind !== 'added')
        throw new Error(`customer ${customerId} was not topped up: ${verdict.kind}`)
    },
    close: () => closeDb(db),
  }
}

/** Gives each customer the same amount. */
export async function addToAll(
  purse: Purse,
  customers: readonly number[],
  amount: number,
  onDone: () => void,
): Promise<void> {
  await atOnce(customers, AT_ONCE, async (customerId) => {
    await purse.add(customerId, amount)
    onDone()
  })
}

/** Gives those who have less what they lack. @returns how many those were. */
export async function fillUp(purse: Purse, payers: readonly Payer[], onDone: () => void): Promise<number> {
  let filled = 0
  await atOnce(payers, AT_ONCE, async ({ customerId, balance }) => {
    const lacking = balance - (await purse.balanceOf(customerId))
    if (lacking > 0) {
      await purse.add(customerId, lacking)
      filled++
    }
    onDone()
  })
  return filled
}
