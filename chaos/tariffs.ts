import type { MessageClass } from '../src/primitives/messageClass.ts'
import { TARIFF_CUSTOMERS } from './customers.ts'

/** A price that one customer has for the numbers with a prefix. */
export interface Rule {
  type: MessageClass
  destinationPrefix: string
  per: 'message' | 'part'
  price: number
}

/** The first national digit of every ninth number of the load. */
const DEAR_DIGIT = 4
/** As numberOf has it (clients/record.ts): the numbers on both sides of the first one have different prices. */
export const FIRST_DEAR_NUMBER = DEAR_DIGIT * 1_000_000_000

/** For all numbers and for those of a longer prefix; normal by the part, express by the message. */
const RULES = new Map(
  TARIFF_CUSTOMERS.map((customer, index) => [
    customer,
    [...rules('', index), ...rules(`98${DEAR_DIGIT}`, 5 + index)],
  ]),
)

/** The first customer's normal messages are free. */
function rules(destinationPrefix: string, price: number): Rule[] {
  return [
    { type: 'normal', destinationPrefix, per: 'part', price },
    { type: 'express', destinationPrefix, per: 'message', price: price + 2 },
  ]
}

/** The tariffs of a customer's own; none: it pays what all pay. */
export function rulesOf(customer: number): readonly Rule[] {
  return RULES.get(customer) ?? []
}
