import { z } from 'zod'
import { elseSay, wholeNumber } from '../../platform/http/index.ts'
import { GUARANTEED_WITHIN_MS_MAX, GUARANTEED_WITHIN_MS_MIN } from '../../primitives/guarantee.ts'
import type { Guarantee } from '../../primitives/guarantee.ts'

/** What an admin sets of a customer's express messages. */
export const GUARANTEE = {
  guaranteed_within_ms: wholeNumber(GUARANTEED_WITHIN_MS_MIN, GUARANTEED_WITHIN_MS_MAX)
    .nullable()
    .optional()
    .meta({
      description:
        '`guaranteed_within_ms` of express messages that do not say it; null for `EXPRESS_GUARANTEED_WITHIN`',
    }),
  hedge: z.boolean(elseSay('must be true or false')).optional().meta({
    description:
      'An express message that an operator does not answer in time goes to another one too, so that a handset may get it twice',
  }),
}

export const SHOWN_GUARANTEE = {
  guaranteed_within_ms: z
    .int()
    .nullable()
    .meta({ description: 'Of express messages that do not say it; null where the general one applies' }),
  hedge: z.boolean().meta({ description: 'Whether express messages may go to two operators' }),
}

export function toGuaranteeItem({ guaranteedWithinMs, hedge }: Guarantee) {
  return { guaranteed_within_ms: guaranteedWithinMs, hedge }
}

/** @returns the values that a body sets. */
export function toGuaranteeValues(body: {
  guaranteed_within_ms?: number | null | undefined
  hedge?: boolean | undefined
}): Partial<Guarantee> {
  return {
    ...(body.guaranteed_within_ms === undefined ? {} : { guaranteedWithinMs: body.guaranteed_within_ms }),
    ...(body.hedge === undefined ? {} : { hedge: body.hedge }),
  }
}
