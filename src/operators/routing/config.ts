import { z } from 'zod'
import { CLASSES } from '../../primitives/messageClass.ts'
import type { MessageClass } from '../contract.ts'
import { SENDER_LENGTH_MAX } from '../http/protocol.ts'

/** Every process keeps them in memory, and a person has to understand them. */
const ROUTES_MAX = 10_000
const OPERATORS_OF_ROUTE_MAX = 20

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
}

const routeSchema = z
  .strictObject({
    prefix: z
      .union([z.string(), z.int().nonnegative().transform(String)])
      .pipe(
        z.string().regex(/^(?!00)[0-9]{0,15}$/, 'must be up to 15 digits that begin with the calling code'),
      )
      .default(''),
    class: z.enum(CLASSES).optional(),
    customer: z.int().positive().optional(),
    sender: z.string().min(1).max(SENDER_LENGTH_MAX).optional(),
    operators: z
      .array(z.string())
      .min(1)
      .max(OPERATORS_OF_ROUTE_MAX)
      .refine((names) => new Set(names).size === names.length, 'must name each operator once'),
  })
  .transform((route): OperatorRoute => {
    const { prefix, operators, class: type = null, customer: userId = null, sender = null } = route
    return { prefix, type, userId, sender, operators }
  })

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
  })
