import type { TransactionType } from '../../db/schema.ts'

/** What gives a recipient's price back to the customer that paid it. */
export const RETURN_TYPES = [
  'refund',
  'release',
  'compensation',
] as const satisfies readonly TransactionType[]
export type ReturnType = (typeof RETURN_TYPES)[number]

export const TRANSACTION_TYPES = [
  'topup',
  'charge',
  ...RETURN_TYPES,
] as const satisfies readonly TransactionType[]
