import { z } from 'zod'
import { CLASSES } from '../../primitives/messageClass.ts'
import type { MessageClass } from '../contract.ts'
import { SENDER_LENGTH_MAX } from '../http/protocol.ts'
import { prefixSchema } from '../prices.ts'
import { STRATEGIES } from './strategy.ts'
import type { RouteStrategy, StrategyName } from './strategy.ts'

/** Every process keeps them in memory, and a person has to understand them. */
const ROUTES_MAX = 10_000
const OPERATORS_OF_ROUTE_MAX = 20
/** The health of each operator is counted for each of their prefixes. */
const HEALTH_ROUTES_MAX = 1_000
const WEIGHT_OF_OPERATOR_MAX = 10_000

/** Which messages go to which operators. A null member holds for all. */
export interface OperatorRoute {
  /** What a number begins with, in digits without a plus; empty for all numbers. */
  prefix: string
  type: MessageClass | null
  /** The customer's number. */
  userId: number | null
  sender: string | null
  /** Names, in order of preference. */
  operators: readonly string[]
  /** Left out: they are asked in this order, whatever their health is. */
  strategy?: RouteStrategy
}

const routeSchema = z
  .strictObject({
    prefix: prefixSchema.default(''),
    class: z.enum(CLASSES).optional(),
    customer: z.int().positive().optional(),
    sender: z.string().min(1).max(SENDER_LENGTH_MAX).optional(),
    operators: z
      .array(z.string())
      .min(1)
      .max(OPERATORS_OF_ROUTE_MAX)
      .refine((names) => new Set(names).size === names.length, 'must name each operator once'),
    strategy: z.enum(STRATEGIES).default('ordered'),
    weights: z.record(z.string(), z.int().min(0).max(WEIGHT_OF_OPERATOR_MAX)).optional(),
    health: z.boolean().optional(),
  })
  .superRefine(({ strategy, operators, weights }, check) => {
    const fault = (message: string) => check.addIssue({ code: 'custom', path: ['weights'], message })
    if (strategy !== 'weighted') {
      if (weights) fault('needs strategy: weighted')
      return
    }
    const given = weights ?? {}
    const without = operators.find((name) => !Object.hasOwn(given, name))
    const other = Object.keys(given).find((name) => !operators.includes(name))
    if (without !== undefined) fault(`has none for "${without}"`)
    else if (other !== undefined) fault(`names "${other}", which is no operator of the route`)
    else if (Object.values(given).every((weight) => weight === 0)) fault('must have one above 0')
  })
  .transform((route): OperatorRoute => {
    const { prefix, operators, class: type = null, customer: userId = null, sender = null } = route
    const strategy = toStrategy(route)
    return { prefix, type, userId, sender, operators, ...(strategy && { strategy }) }
  })

/** Health moves what is chosen by weight or cost, unless the route says no; an order only if it says yes. */
function toStrategy({
  strategy: name,
  weights = {},
  health: usesHealth = name !== 'ordered',
}: {
  strategy: StrategyName
  weights?: Record<string, number> | undefined
  health?: boolean | undefined
}): RouteStrategy | undefined {
  return name === 'ordered' && !usesHealth ? undefined : { name, weights, usesHealth }
}

/** One with a fault of its own is as it was written. */
export function isWhole(route: OperatorRoute): boolean {
  return route.type !== undefined
}

export const routesSchema = z
  .array(routeSchema)
  .max(ROUTES_MAX)
  .superRefine((routes, check) => {
    const places = new Map<string, number>()
    routes.forEach((route, position) => {
      if (!isWhole(route)) return
      const { prefix, type, userId, sender } = route
      const key = JSON.stringify([prefix, type, userId, sender])
      const first = places.get(key)
      if (first === undefined) places.set(key, position)
      else check.addIssue({ code: 'custom', path: [position], message: `is for the same as routes.${first}` })
    })
    const healthRoutes = routes.filter((route) => isWhole(route) && route.strategy?.usesHealth)
    if (healthRoutes.length > HEALTH_ROUTES_MAX)
      check.addIssue({
        ...{ code: 'custom', message: `at most ${HEALTH_ROUTES_MAX} of them can follow health` },
      })
  })
