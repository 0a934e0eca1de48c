import type { Account } from './accounts.ts'
import type { Entry } from './entry.ts'

/**
 * Changes a locked account by one movement; writeAccounts() writes it. Callers decide before they propose: the check of
 * the bounds is the second one of the same rule (invariant 2). @throws Error when the balance would leave its bounds.
 */
export function propose(account: Account, entry: Entry): void {
  const balance = account.balance + entry.amount
  if (!Number.isSafeInteger(balance) || balance < 0)
    throw new Error(`customer ${account.userId} would have a balance of ${balance}`)
  account.balance = balance
  account.lastSeq += 1
  account.entries.push(entry)
}
