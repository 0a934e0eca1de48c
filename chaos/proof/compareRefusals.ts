import type { ClientRecord } from '../clients/record.ts'
import { costOf } from '../prices.ts'
import { codeOf } from './codeOf.ts'

/**
 * Requests that were refused for insufficient balance though it was sufficient. Only customers whose money covered
 * everything they requested can be judged.
 * @param first what each customer was given before anything was sent
 */
export function compareRefusals(
  { sent }: Pick<ClientRecord, 'sent'>,
  first: ReadonlyMap<number, number>,
): string[] {
  const askedFor = new Map<number, number>()
  for (const each of sent) askedFor.set(each.customer, (askedFor.get(each.customer) ?? 0) + costOf(each))
  return sent
    .filter(({ label }) => codeOf(label) === 'insufficient_balance')
    .filter(({ customer }) => (first.get(customer) ?? 0) >= (askedFor.get(customer) ?? 0))
    .map(({ mark, customer }) => `${mark}: customer ${customer} had the money and was refused`)
}
