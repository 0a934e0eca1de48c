import type { CommonOptions } from '../commonOptions.ts'
import { indexPrefixes } from '../../primitives/longestPrefix.ts'
import type { PrefixIndex } from '../../primitives/longestPrefix.ts'
import type { MessageClass } from '../contract.ts'
import { indexPrices, NO_PRICE } from '../prices.ts'
import type { PriceOf } from '../prices.ts'
import type { OperatorRoute } from './config.ts'

type RoutedOperator = Pick<CommonOptions, 'name' | 'classes' | 'senders' | 'prices'>

/**
 * Routes by their prefix, and what has to be known of the operators that they lead to. Of one prefix, the route that names
 * most comes first.
 */
export interface RouteIndex extends PrefixIndex<readonly OperatorRoute[]> {
  operators: ReadonlyMap<string, RoutedOperator>
  /** What an operator charges for a part; null for a number without a known price. */
  priceOf: (operator: string) => PriceOf
  /** The prefixes of routes that follow health; null where none does. */
  healthPrefixes: ReadonlySet<string> | null
  /** Every message may go to every operator, as it is: nothing has to be chosen. */
  isOpen: boolean
  /** What holds for every message of a class then. */
  open: Record<MessageClass, { operatorsTotal: number; reason: string }>
}

/** Sorts routes once, so that a message looks up a few of thousands. Without any, all operators get everything. */
export function indexRoutes({
  operators,
  routes,
}: {
  operators: readonly RoutedOperator[]
  routes: readonly OperatorRoute[]
}): RouteIndex {
  const all: OperatorRoute = {
    ...{ prefix: '', type: null, userId: null, sender: null },
    operators: operators.map(({ name }) => name),
  }
  const sorted = (routes.length > 0 ? [...routes] : [all]).sort((a, b) => rankOf(b) - rankOf(a))
  const prices = new Map(operators.map(({ name, prices }) => [name, indexPrices(prices)]))
  const following = routes.filter(({ strategy }) => strategy?.usesHealth)
  return {
    ...indexPrefixes(Map.groupBy(sorted, ({ prefix }) => prefix)),
    operators: new Map(operators.map((operator) => [operator.name, operator])),
    priceOf: (operator) => prices.get(operator) ?? NO_PRICE,
    healthPrefixes: following.length > 0 ? new Set(following.map(({ prefix }) => prefix)) : null,
    isOpen: routes.length === 0 && operators.every(({ senders }) => senders === null),
    open: { normal: openChoice(operators, 'normal'), express: openChoice(operators, 'express') },
  }
}

function openChoice(operators: readonly RoutedOperator[], type: MessageClass) {
  const names = operators.filter(({ classes }) => classes.includes(type)).map(({ name }) => name)
  return { operatorsTotal: names.length, reason: `all numbers: ${names.join(', then ')}` }
}

/** Of two routes with one prefix: one that names the class comes first, then the customer, then the sender. */
function rankOf({ type, userId, sender }: OperatorRoute): number {
  return Number(type !== null) * 4 + Number(userId !== null) * 2 + Number(sender !== null)
}
