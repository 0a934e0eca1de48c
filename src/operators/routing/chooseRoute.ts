import { findByPrefix } from '../../primitives/longestPrefix.ts'
import type { MessageClass } from '../contract.ts'
import { senderAt } from '../senders.ts'
import type { OperatorRoute } from './config.ts'
import type { RouteIndex } from './indexRoutes.ts'
import { NO_CONDITIONS, orderOperators } from './strategy.ts'
import type { RoutingConditions, StrategyName } from './strategy.ts'

/** What decides about the operators of a message. */
export interface Routable {
  /** Digits, with a plus or without. */
  to: string
  type: MessageClass
  userId: number
  sender: string | null
  /** What operators know it by. A route by weight or with health lets it decide between them. */
  reference: string
}

export interface RouteChoice {
  /** Names, in order of preference; empty when no operator may have the message. */
  operators: readonly string[]
  /** For people: `prefix 98912, express: mci, then irancell`. It never holds a whole number. */
  reason: string
}

/** How a route says in its reason that it is not just an order. */
const STRATEGY_WORDS: Record<StrategyName, string> = {
  ordered: 'by health',
  weighted: 'by weight',
  least_cost: 'by cost',
}

/**
 * Chooses the operators of a message: by the longest prefix that has a route for it, and of the routes with that prefix
 * by the one that names most. Operators of the route that do not serve its class or do not take its sender are left out.
 * @param conditions of the operators at this moment, where the route has a strategy.
 */
export function chooseRoute(
  routes: RouteIndex,
  message: Routable,
  conditions: RoutingConditions = NO_CONDITIONS,
): RouteChoice {
  return chooseInOrder(routes, message, (names, { strategy }) =>
    strategy ? orderOperators(names, strategy, message, { ...conditions, priceOf: routes.priceOf }) : names,
  )
}

/** The same, with an order of the caller's for the operators that may have the message. */
export function chooseInOrder(
  routes: RouteIndex,
  message: Routable,
  order: (names: readonly string[], route: OperatorRoute) => readonly string[],
): RouteChoice {
  const route = findRoute(routes, message)
  if (!route) return { operators: [], reason: 'no route' }
  const ofClass = route.operators.filter((name) => routes.operators.get(name)?.classes.includes(message.type))
  const takes = (name: string) => senderAt(routes.operators.get(name)?.senders ?? null, message.sender)
  const taking = ofClass.filter((name) => takes(name) !== undefined)
  const operators = order(taking, route)
  const skipped = ofClass.filter((name) => takes(name) === undefined)
  const names = operators.length > 0 ? operators.join(', then ') : 'no operator'
  const without = skipped.length > 0 ? ` (without ${skipped.join(', ')}: the sender)` : ''
  return { operators, reason: `${describeRoute(route)}: ${names}${without}` }
}

/** @returns the route that a message takes. */
export function findRoute(
  routes: RouteIndex,
  { to, type, userId, sender }: Omit<Routable, 'reference'>,
): OperatorRoute | undefined {
  return findByPrefix(routes, to, (ofPrefix) =>
    ofPrefix.find(
      (route) =>
        (route.type ?? type) === type &&
        (route.userId ?? userId) === userId &&
        (route.sender === null || route.sender === sender),
    ),
  )
}

function describeRoute({ prefix, type, userId, sender, strategy }: OperatorRoute): string {
  return [
    prefix === '' ? 'all numbers' : `prefix ${prefix}`,
    ...(type === null ? [] : [type]),
    ...(userId === null ? [] : [`customer ${userId}`]),
    ...(sender === null ? [] : [`sender ${sender}`]),
    ...(strategy ? [STRATEGY_WORDS[strategy.name]] : []),
  ].join(', ')
}
