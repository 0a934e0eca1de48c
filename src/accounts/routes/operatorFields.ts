import { z } from 'zod'
import { OPERATOR_STATES, REASON_CHARS_MAX, WEIGHT_MAX } from '../../operators/index.ts'
import type { ListedOperator } from '../../operators/index.ts'
import { time, wholeNumber } from '../../platform/http/index.ts'
import { CLASSES } from '../../primitives/messageClass.ts'

const state = z.enum(OPERATOR_STATES).meta({
  description:
    '`active`: it is called. `paused`: it is not called, and its connections stay. `drained`: it is not called, and its ' +
    'connections are closed once the calls in flight have ended.',
})

export const OperatorPatch = z
  .strictObject({
    state: state.optional(),
    weight: wholeNumber(0, WEIGHT_MAX).optional().meta({
      description:
        'Multiplies its weights in weighted routes: at 50 they count half, at 0 it gets only what others do not take',
    }),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(REASON_CHARS_MAX)
      .meta({ description: 'Why, for who reads it later' }),
  })
  .refine(({ state, weight }) => state !== undefined || weight !== undefined, {
    path: ['state'],
    message: 'is required, or a weight',
  })

export const OperatorItem = z
  .object({
    name: z.string(),
    protocol: z.string(),
    classes: z.array(z.enum(CLASSES)).meta({ description: 'What it serves' }),
    throughput: z.int().nullable().meta({
      description: 'Message parts a second, of all processes together; null for no bound',
    }),
    configured_at: time('When a consumer with it in its configuration started, or read its file again'),
    state,
    weight: z.int(),
    reason: z.string().nullable().meta({ description: 'Why it was changed last; null if it never was' }),
    changed_by: z.string().nullable(),
    changed_at: time('When it was changed last').nullable(),
  })
  .meta({ id: 'Operator' })

export function toOperatorItem(operator: ListedOperator): z.input<typeof OperatorItem> {
  const { name, protocol, classes, throughput, state, weight, reason } = operator
  return {
    ...{ name, protocol, classes: [...classes], throughput },
    configured_at: operator.configuredAt.toISOString(),
    ...{ state, weight, reason, changed_by: operator.changedBy },
    changed_at: operator.changedAt?.toISOString() ?? null,
  }
}

export const EXAMPLE_OPERATOR: z.input<typeof OperatorItem> = {
  ...{ name: 'operator-a', protocol: 'chapar-http', classes: ['normal', 'express'], throughput: null },
  configured_at: '2026-01-19T08:00:00.000Z',
  ...{ state: 'paused', weight: 100, reason: 'its maintenance until 10:00' },
  ...{ changed_by: 'admin key from 192.0.2.7', changed_at: '2026-01-19T08:15:00.000Z' },
}
