import type { CommonOptions } from '../commonOptions.ts'
import type { MessageClass } from '../contract.ts'
import type { OperatorRoute } from './config.ts'

type RoutedOperator = Pick<CommonOptions, 'name' | 'classes' | 'senders'>

/** Routes by their prefix, and what has to be known of the operators that they lead to. */
export interface RouteIndex {
  /** Of one prefix, the route that names most comes first. */
  byPrefix: ReadonlyMap<string, readonly OperatorRoute[]>
  /** The lengths that the prefixes have, longest first. */
  prefixLengths: readonly number[]
  operators: ReadonlyMap<string, RoutedOperator>
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
  const byPrefix = Map.groupBy(sorted, ({ prefix }) => prefix)
  const lengths = new Set([...byPrefix.keys()].map((prefix) => prefix.length))
  return {
    byPrefix,
    prefixLengths: [...lengths].toSorted((a, b) => b - a),
    operators: new Map(operators.map((operator) => [operator.name, operator])),
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
