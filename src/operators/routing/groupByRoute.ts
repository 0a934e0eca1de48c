import type { Operator } from '../attempt.ts'
import type { MessageClass } from '../contract.ts'
import { chooseRoute } from './chooseRoute.ts'
import type { RouteIndex } from './indexRoutes.ts'
import { NO_CONDITIONS } from './strategy.ts'
import type { RoutingConditions } from './strategy.ts'

/** Messages that go to the same operators for the same reason. */
export interface Routed<T> {
  messages: T[]
  /** In order of preference, without the drained ones. */
  operators: readonly Operator[]
  /** With the drained ones. 0: no operator may have the messages. */
  operatorsTotal: number
  /** Why they go there, for people. */
  reason: string
}

export interface RoutableTask {
  recipient: string
  userId: number
  sender: string | null
  reference: string
}

/**
 * Groups messages of one class by their operators. Where nothing has to be chosen it looks at none of them.
 * @param operators the ones of the class that are not drained.
 */
export function groupByRoute<T extends RoutableTask>(
  routes: RouteIndex,
  type: MessageClass,
  operators: readonly Operator[],
  messages: T[],
  { healthOf, controlWeightOf }: Pick<RoutingConditions, 'healthOf' | 'controlWeightOf'> = NO_CONDITIONS,
): Routed<T>[] {
  const { isOpen, open } = routes
  if (isOpen) return [{ messages, operators, ...open[type] }]
  const byName = new Map(operators.map((operator) => [operator.name, operator]))
  const available = new Set(operators.filter(({ breaker }) => breaker.isAvailable()).map(({ name }) => name))
  const conditions = { healthOf, controlWeightOf, isAvailable: (name: string) => available.has(name) }
  const groups = new Map<string, Routed<T>>()
  for (const message of messages) {
    const { recipient: to, userId, sender, reference } = message
    const choice = chooseRoute(routes, { to, type, userId, sender, reference }, conditions)
    const group = groups.get(choice.reason)
    if (group) group.messages.push(message)
    else {
      const chosen = choice.operators.flatMap((name) => byName.get(name) ?? [])
      const { reason } = choice
      const operatorsTotal = choice.operators.length
      groups.set(reason, { messages: [message], operators: chosen, operatorsTotal, reason })
    }
  }
  return [...groups.values()]
}
