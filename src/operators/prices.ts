import { z } from 'zod'
import { findByPrefix, indexPrefixes } from '../primitives/longestPrefix.ts'

/** What an operator charges for one message part to numbers that begin so, in the smallest unit. */
export interface OperatorPrice {
  /** Digits without a plus; empty for all numbers. */
  prefix: string
  price: number
}

/** @returns the price of one part to a number, with a plus or without; null where none is known. */
export type PriceOf = (to: string) => number | null

export const NO_PRICE: PriceOf = () => null

const PRICES_MAX = 10_000
/** Times 255 parts it is still kept exactly. */
const PRICE_MAX = 1_000_000_000

/** What a number begins with, in digits without a plus; empty for all numbers. */
export const prefixSchema = z
  .union([z.string(), z.int().nonnegative().transform(String)])
  .pipe(z.string().regex(/^(?!00)[0-9]{0,15}$/, 'must be up to 15 digits that begin with the calling code'))

export const pricesSchema = z
  .array(z.strictObject({ prefix: prefixSchema.default(''), price: z.int().min(0).max(PRICE_MAX) }))
  .min(1)
  .max(PRICES_MAX)
  .superRefine((prices, check) => {
    const places = new Map<string, number>()
    prices.forEach(({ prefix }, position) => {
      const first = places.get(prefix)
      if (first === undefined) places.set(prefix, position)
      else
        check.addIssue({
          ...{ code: 'custom', path: [position, 'prefix'], message: `is that of prices.${first}` },
        })
    })
  })

/** The price of the longest prefix counts. */
export function indexPrices(prices: readonly OperatorPrice[] | undefined): PriceOf {
  if (!prices || prices.length === 0) return NO_PRICE
  const index = indexPrefixes(new Map(prices.map(({ prefix, price }) => [prefix, price])))
  return (to) => findByPrefix(index, to, (price) => price) ?? null
}
