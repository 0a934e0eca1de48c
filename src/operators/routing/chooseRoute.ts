import type { MessageClass } from '../contract.ts'
import { senderAt } from '../senders.ts'
import type { OperatorRoute } from './config.ts'
import type { RouteIndex } from './indexRoutes.ts'

/** What decides about the operators of a message. */
export interface Routable {
  /** Digits, with a plus or without. */
  to: string
  type: MessageClass
  userId: number
  sender: string | null
}

export interface RouteChoice {
  /** Names, in order of preference; empty when no operator may have the message. */
  operators: readonly string[]
  /** For people: `prefix 98912, express: mci, then irancell`. It never holds a whole number. */
  reason: string
}

/**
 * Chooses the operators of a message: by the longest prefix that has a route for it, and of the routes with that prefix
 * by the one that names most. Operators of the route that do not serve its class or do not take its sender are left out.
 */
export function chooseRoute(routes: RouteIndex, message: Routable): RouteChoice {
  const route = findRoute(routes, message)
  if (!route) return { operators: [], reason: 'no route' }
  const ofClass = route.operators.filter((name) => routes.operators.get(name)?.classes.includes(message.type))
  const takes = (name: string) => senderAt(routes.operators.get(name)?.senders ?? null, message.sender)
  const operators = ofClass.filter((name) => takes(name) !== undefined)
  const skipped = ofClass.filter((name) => takes(name) === undefined)
  const names = operators.length > 0 ? operators.join(', then ') : 'no operator'
  const without = skipped.length > 0 ? ` (without ${skipped.join(', ')}: the sender)` : ''
  return { operators, reason: `${describeRoute(route)}: ${names}${without}` }
}

function findRoute(
  { byPrefix, prefixLengths }: RouteIndex,
  { to, type, userId, sender }: Routable,
): OperatorRoute | undefined {
  const digits = to.startsWith('+') ? to.slice(1) : to
  for (const length of prefixLengths) {
    const found = byPrefix
      .get(digits.slice(0, length))
      ?.find(
        (route) =>
          (route.type ?? type) === type &&
          (route.userId ?? userId) === userId &&
          (route.sender === null || route.sender === sender),
      )
    if (found) return found
  }
  return undefined
}

function describeRoute({ prefix, type, userId, sender }: OperatorRoute): string {
  return [
    prefix === '' ? 'all numbers' : `prefix ${prefix}`,
    ...(type === null ? [] : [type]),
    ...(userId === null ? [] : [`customer ${userId}`]),
    ...(sender === null ? [] : [`sender ${sender}`]),
  ].join(', ')
}
