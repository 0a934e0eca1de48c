import type { Route } from '../../platform/http/index.ts'
import { balanceRoute } from './balance.ts'
import type { ReadBalance } from './balance.ts'
import { topUpRoute } from './topUp.ts'
import type { TopUp } from './topUp.ts'
import { transactionsRoute } from './transactions.ts'

/** What the routes of the ledger need. */
export interface LedgerActions {
  readBalance: ReadBalance
  topUp: TopUp
}

export function ledgerRoutes({ readBalance, topUp }: LedgerActions): Route[] {
  return [balanceRoute(readBalance), topUpRoute(topUp), transactionsRoute(readBalance)]
}
