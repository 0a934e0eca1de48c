import { chooseInOrder, findRoute } from './chooseRoute.ts'
import type { OperatorState } from '../operatorState.ts'
import type { Routable, RouteChoice } from './chooseRoute.ts'
import type { RouteIndex } from './indexRoutes.ts'
import { effectiveWeight, FULL_HEALTH, orderOperators } from './strategy.ts'
import type { HealthShares, RouteStrategy, RoutingConditions } from './strategy.ts'

/**
 * The operators of a message, and what is known of each where its route has a strategy, a price is known, or nothing is
 * sent to it.
 */
export interface DescribedChoice extends RouteChoice {
  /** For people, a line an operator. */
  lines: string[]
}

/** @param states of operators by name; one that is not named is active. The others come last, on every route. */
export function describeChoice(
  routes: RouteIndex,
  message: Routable,
  conditions: RoutingConditions,
  states: ReadonlyMap<string, OperatorState> = new Map(),
): DescribedChoice {
  const isHeld = (name: string) => (states.get(name) ?? 'active') !== 'active'
  const isAvailable = (name: string) => !isHeld(name) && conditions.isAvailable(name)
  const choice = chooseInOrder(routes, message, (names, { strategy }) =>
    strategy
      ? orderOperators(names, strategy, message, { ...conditions, isAvailable, priceOf: routes.priceOf })
      : names.toSorted((a, b) => Number(isHeld(a)) - Number(isHeld(b))),
  )
  const route = findRoute(routes, message)
  const heldOf = (name: string) => (isHeld(name) ? [`${states.get(name)}, gets nothing`] : [])
  const isPlain =
    !route?.strategy && choice.operators.every((name) => routes.priceOf(name)(message.to) === null)
  if (!route || isPlain) {
    const lines = choice.operators.flatMap((name) => heldOf(name).map((held) => `${name}: ${held}`))
    return { ...choice, lines }
  }
  const health = (name: string) =>
    route.strategy?.usesHealth ? conditions.healthOf(name, message.to, message.type) : FULL_HEALTH
  const weighted = route.strategy?.name === 'weighted' ? route.strategy : undefined
  const currentWeight = (name: string) =>
    weighted && !isHeld(name)
      ? effectiveWeight(weighted, name, health(name), conditions.controlWeightOf(name))
      : 0
  const sum = choice.operators.reduce((total, name) => total + currentWeight(name), 0)
  // Where only operators without a weight are left, one of them is first for all messages.
  const firstFor = (name: string) =>
    sum > 0 ? currentWeight(name) / sum : Number(!isHeld(name) && name === choice.operators[0])
  const lines = choice.operators.map((name) => {
    const facts = [
      ...heldOf(name),
      ...(weighted
        ? [
            describeWeight(weighted, name, conditions.controlWeightOf(name)),
            `first for ${percent(firstFor(name))}`,
          ]
        : []),
      ...(route.strategy?.usesHealth ? [describeHealth(health(name))] : []),
      describePrice(routes.priceOf(name)(message.to)),
    ]
    return `${name}: ${facts.join(', ')}`
  })
  return { ...choice, lines }
}

function describeWeight({ weights }: RouteStrategy, name: string, controlWeight: number): string {
  const controlled = controlWeight === 1 ? '' : ` at ${percent(controlWeight)}`
  return `weight ${weights[name] ?? 0}${controlled}`
}

function describeHealth({ share, latencyShare }: HealthShares): string {
  const latency = latencyShare < 1 ? ` and ${percent(latencyShare)} by its latency` : ''
  return `health keeps ${percent(share)}${latency}`
}

function describePrice(price: number | null): string {
  return price === null ? 'no price known' : `${price} a part`
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`
}
