import type { MessageClass } from '../src/primitives/messageClass.ts'
import { numberOf } from './clients/record.ts'
import type { Sent } from './clients/record.ts'
import { rulesOf } from './tariffs.ts'

/** Of one recipient of a customer without tariffs: what the engine is started with. */
export const PRICES: Record<MessageClass, number> = { normal: 1, express: 3 }

/** What decides the price of a message. */
export type Priced = Pick<Sent, 'customer' | 'type' | 'firstNumber' | 'recipients' | 'parts' | 'isTest'>

/** What one recipient costs. @param recipientNo from 1 */
export function priceOf(message: Priced, recipientNo: number): number {
  const { customer, type, parts = 1, isTest = false } = message
  if (isTest) return 0
  const number = numberOf(message, recipientNo)
  const [rule] = rulesOf(customer)
    .filter((each) => each.type === type && number.startsWith(each.destinationPrefix))
    .toSorted((one, other) => other.destinationPrefix.length - one.destinationPrefix.length)
  if (!rule) return PRICES[type]
  return rule.per === 'part' ? rule.price * parts : rule.price
}

/** Of all recipients, in their order. */
export function pricesOf(message: Priced): number[] {
  return Array.from({ length: message.recipients }, (_, index) => priceOf(message, index + 1))
}

export function costOf(message: Priced): number {
  return sum(pricesOf(message))
}

/** Each price times its recipient's number: tells prices apart that were given to each other's recipients. */
export function weightedCostOf(message: Priced): number {
  return sum(pricesOf(message).map((price, index) => price * (index + 1)))
}

/** Whether this much can be what this many of the recipients cost; with equal prices only one amount can. */
export function isCostOfSome(prices: readonly number[], count: number, amount: number): boolean {
  const rising = prices.toSorted((one, other) => one - other)
  const least = sum(rising.slice(0, count))
  const most = sum(rising.slice(Math.max(0, rising.length - count)))
  return count <= prices.length && least <= amount && amount <= most
}

/** Septets of one part, and of each of several. */
const ALONE_MAX = 160
const TOGETHER_MAX = 153
const EXTENSION = /[[\]]/g

/** Parts of a client's text: a mark in brackets, of two septets each, and words of the GSM alphabet. */
export function partsOf(text: string): number {
  const septets = text.length + (text.match(EXTENSION)?.length ?? 0)
  return septets <= ALONE_MAX ? 1 : Math.ceil(septets / TOGETHER_MAX)
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
