import type { ClientRecord } from '../clients/record.ts'
import { PRICES } from '../stage/prices.ts'

/**
 * Requests that were refused for insufficient balance though it was sufficient. Only customers whose money covered
 * everything they requested can be judged.
 * @param first what each customer was given before anything was sent
 */
export function compareRefusals({ sent }: ClientRecord, first: ReadonlyMap<number, number>): string[] {
  const askedFor = new Map<number, number>()
  for (const { customer, type, recipients } of sent)
    askedFor.set(customer, (askedFor.get(customer) ?? 0) + recipients * PRICES[type])
  return sent
    .filter(({ label }) => label === '402 insufficient_balance')
    .filter(({ customer }) => (first.get(customer) ?? 0) >= (askedFor.get(customer) ?? 0))
    .map(({ mark, customer }) => `${mark}: customer ${customer} had the money and was refused`)
}
