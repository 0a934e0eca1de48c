import { Unavailable } from '../primitives/unavailable.ts'

/** Another session keeps the customer's balance locked. */
export function accountLocked(): Unavailable {
  return new Unavailable(
    'account_locked',
    "Another change to this customer's balance is in progress. Nothing was charged; retry.",
  )
}
