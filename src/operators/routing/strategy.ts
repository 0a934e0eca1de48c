import type { MessageClass } from '../contract.ts'
import type { PriceOf } from '../prices.ts'
import { draw } from './draw.ts'

/** How a route chooses among its operators. */
export const STRATEGIES = ['ordered', 'weighted', 'least_cost'] as const
export type StrategyName = (typeof STRATEGIES)[number]

export interface RouteStrategy {
  name: StrategyName
  /** Of each operator of a weighted route; 0 for one that only takes what the others do not. */
  weights: Readonly<Record<string, number>>
  /** Whether an operator that does worse than the others gets less. */
  usesHealth: boolean
}

/** What of its traffic an operator keeps. */
export interface HealthShares {
  /** By its calls and deliveries, from a small probing share to 1. */
  share: number
  /** By its latency. It moves weights alone. */
  latencyShare: number
}

export const FULL_HEALTH: HealthShares = { share: 1, latencyShare: 1 }

/** What is known of the operators at this moment. */
export interface RoutingConditions {
  /** Of the numbers that share a number's health. */
  healthOf: (operator: string, to: string, type: MessageClass) => HealthShares
  /** Whether it may be called now: it is not drained or paused, and its breaker is not open. */
  isAvailable: (operator: string) => boolean
  /** A person's weight by the default one, 1 unless changed: it multiplies the weights of all weighted routes. */
  controlWeightOf: (operator: string) => number
}

export const NO_CONDITIONS: RoutingConditions = {
  healthOf: () => FULL_HEALTH,
  isAvailable: () => true,
  controlWeightOf: () => 1,
}

/** A message whose operators are put in order. */
export interface MessageToRoute {
  /** What chance follows from: the same message draws the same, in every process and at each redelivery. */
  reference: string
  to: string
  type: MessageClass
}

/**
 * Puts the operators of a route in the order in which they are asked. Operators that are not available come last, in
 * case that changes.
 */
export function orderOperators(
  names: readonly string[],
  strategy: RouteStrategy,
  message: MessageToRoute,
  { priceOf, ...conditions }: RoutingConditions & { priceOf: (operator: string) => PriceOf },
): string[] {
  const health = (name: string) =>
    strategy.usesHealth ? conditions.healthOf(name, message.to, message.type) : FULL_HEALTH
  const available = names.filter(conditions.isAvailable)
  const others = names.filter((name) => !conditions.isAvailable(name))
  if (strategy.name === 'weighted') {
    const weight = (name: string) =>
      effectiveWeight(strategy, name, health(name), conditions.controlWeightOf(name))
    return [...orderByWeight(available, message, weight), ...others]
  }
  const preferred = strategy.name === 'least_cost' ? sortByPrice(available, message.to, priceOf) : available
  const keepsPlace = (name: string) => draw(`${message.reference} place ${name}`) <= health(name).share
  const kept = preferred.filter(keepsPlace)
  return [...kept, ...preferred.filter((name) => !kept.includes(name)), ...others]
}

/** @returns what an operator of a weighted route is chosen by. */
export function effectiveWeight(
  { weights }: RouteStrategy,
  name: string,
  { share, latencyShare }: HealthShares,
  controlWeight: number,
): number {
  return (weights[name] ?? 0) * share * latencyShare * controlWeight
}

/**
 * The first by weighted rendezvous hashing: a weight that changes moves no more messages than it must. The others follow by
 * weight alone, so that messages of one envelope have few orders and stay batches.
 */
function orderByWeight(
  names: readonly string[],
  { reference }: MessageToRoute,
  effectiveWeightOf: (name: string) => number,
): string[] {
  const weighed = names.map((name) => {
    const weight = effectiveWeightOf(name)
    return { name, weight, score: weight > 0 ? -Math.log(draw(`${reference} ${name}`)) / weight : Infinity }
  })
  const byWeight = weighed.toSorted((a, b) => b.weight - a.weight)
  const first = byWeight.reduce<(typeof byWeight)[number] | undefined>(
    (best, each) => (best === undefined || each.score < best.score ? each : best),
    undefined,
  )
  return [...(first ? [first] : []), ...byWeight.filter((each) => each !== first)].map(({ name }) => name)
}

/** One whose price is not known comes behind all whose price is. The order of the route decides between equal ones. */
function sortByPrice(names: readonly string[], to: string, priceOf: (operator: string) => PriceOf): string[] {
  const prices = new Map(names.map((name) => [name, priceOf(name)(to) ?? Infinity]))
  const price = (name: string) => prices.get(name) ?? Infinity
  // Infinity less Infinity is not a number.
  return names.toSorted((a, b) => (price(a) === price(b) ? 0 : price(a) - price(b)))
}
