import { z } from 'zod'
import {
  invalidCursor,
  invalidField,
  money,
  nextCursor,
  pageFields,
  textInQuery,
  time,
  timeWithOffset,
} from '../../platform/http/index.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import { formatCount } from '../../primitives/text.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import { COUNTED_MAX } from '../index.ts'
import type { MissesPage, MissesQuery, MissPlace, MissView } from '../index.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'deadlines1'
/** How far the list reaches back that names no beginning. */
const REACH_MS = 86_400_000

function timeInQuery(description: string) {
  return textInQuery()
    .pipe(timeWithOffset())
    .optional()
    .meta({ description, override: { type: 'string', format: 'date-time' } })
}

export const MissesQueryFields = z.strictObject({
  from: timeInQuery('Guarantees from this time on; by default a day before `to`'),
  to: timeInQuery('Guarantees before this time; now by default'),
  ...pageFields,
})

export const AdminMissesQueryFields = MissesQueryFields.extend({
  customer: textInQuery()
    .pipe(z.uuid('must be the id of a customer'))
    .optional()
    .meta({
      description: 'The `id` of the customer; all customers together, if left out',
      override: { type: 'string', format: 'uuid' },
    }),
})

const missFields = {
  message_id: z.uuid(),
  to: z.string().meta({ description: 'The recipient' }),
  type: z.literal('express').meta({ description: 'Only express messages have a guarantee' }),
  cause: z.enum(['late', 'unsent']).meta({
    description: '`late`: handed over after it. `unsent`: failed or expired after it',
  }),
  guaranteed_by: time('By when it was guaranteed to be handed over'),
  ended_at: time('When it was handed over, or failed'),
  late_by_ms: z.int().meta({ description: 'From the guarantee to then, in milliseconds' }),
  compensation: z.enum(['none', 'due', 'paid']).meta({
    description:
      '`none`: it is `unsent`, cost nothing, or its tariff has no `refund_missed`. `due`: given back within seconds. ' +
      '`paid`: done; 0 cents if the price had gone back before',
  }),
  compensated_cents: money('What was given back for the miss'),
}

const Miss = z.object(missFields).meta({ id: 'DeadlineMiss' })
const AdminMiss = z
  .object({ ...missFields, user_id: z.int().meta({ description: 'Whose message it was' }) })
  .meta({ id: 'AdminDeadlineMiss' })

const counts = z
  .object({
    late: z.int(),
    unsent: z.int(),
    compensation_due: z.int(),
    compensated: z.int(),
    compensated_cents: money('What was given back in all'),
    is_least: z.boolean().meta({
      description: `There may be more: only ${formatCount(COUNTED_MAX)} were counted`,
    }),
  })
  .meta({ id: 'DeadlineCounts', description: 'Of the whole range' })

const overdue = z
  .object({
    recipients: z.int(),
    is_least: z.boolean().meta({ description: 'There may be more, among more than was examined' }),
  })
  .meta({
    id: 'DeadlinesOverdue',
    description:
      'Recipients that are not finished and whose guarantee is over: each is listed when it is handed over or fails',
  })

const ofAnswer = { counts, overdue, next_cursor: nextCursor }
export const MissesAnswer = z.object({ misses: z.array(Miss), ...ofAnswer }).meta({ id: 'DeadlinesAnswer' })
export const AdminMissesAnswer = z
  .object({ misses: z.array(AdminMiss), ...ofAnswer })
  .meta({ id: 'AdminDeadlinesAnswer' })

/** @throws Problem 400 for a range that ends before it begins, and for a cursor of another list. */
export function toMissesQuery(
  { from, to, limit, cursor }: z.output<typeof MissesQueryFields>,
  nowMs: number,
): Omit<MissesQuery, 'userId'> {
  const untilMs = to === undefined ? nowMs : Date.parse(to)
  const fromMs = from === undefined ? untilMs - REACH_MS : Date.parse(from)
  if (fromMs >= untilMs) throw invalidField('from', 'must be before to')
  return { fromMs, untilMs, limit, after: cursor === undefined ? undefined : fromWire(cursor) }
}

function fromWire(cursor: string): MissPlace {
  const [at = '', smsIdentifier = '', no = '', ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  const [guaranteedByMs, recipientNo] = [parseWholeNumber(at), parseWholeNumber(no)]
  if (guaranteedByMs === undefined || recipientNo === undefined) throw invalidCursor()
  // What no time can be is no cursor of ours.
  const isTime = guaranteedByMs <= CURSOR_TIME_MAX_MS
  if (!isTime || !isIdentifier(smsIdentifier) || rest.length > 0) throw invalidCursor()
  return { guaranteedByMs, smsIdentifier, recipientNo }
}

const CURSOR_TIME_MAX_MS = Date.UTC(2201, 0)

export function toMiss(miss: MissView): z.input<typeof Miss> {
  return {
    message_id: miss.smsIdentifier,
    ...{ to: miss.recipient, type: 'express', cause: miss.cause },
    guaranteed_by: miss.guaranteedBy.toISOString(),
    ended_at: miss.endedAt.toISOString(),
    late_by_ms: miss.endedAt.getTime() - miss.guaranteedBy.getTime(),
    ...{ compensation: miss.compensation, compensated_cents: miss.compensated },
  }
}

/** What an answer says beside its misses. */
export function toRest({ counts, overdue, nextAfter }: Omit<MissesPage, 'misses'>) {
  const { late, unsent, due, paid, compensated, isLeast } = counts
  return {
    counts: {
      ...{ late, unsent, compensation_due: due, compensated: paid, compensated_cents: compensated },
      is_least: isLeast,
    },
    overdue: { recipients: overdue.recipients, is_least: overdue.isLeast },
    next_cursor:
      nextAfter &&
      encodeCursor(CURSOR_KIND, [nextAfter.guaranteedByMs, nextAfter.smsIdentifier, nextAfter.recipientNo]),
  }
}

const EXAMPLE_MISS: z.input<typeof Miss> = {
  message_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
  ...{ to: '+989120000001', type: 'express', cause: 'late' },
  guaranteed_by: '2026-01-19T08:30:02.142Z',
  ended_at: '2026-01-19T08:30:05.310Z',
  ...{ late_by_ms: 3_168, compensation: 'paid', compensated_cents: 3 },
}
const EXAMPLE_REST = {
  counts: {
    ...{ late: 1, unsent: 0, compensation_due: 0, compensated: 1, compensated_cents: 3, is_least: false },
  },
  overdue: { recipients: 0, is_least: false },
  next_cursor: null,
}
export const EXAMPLE_MISSES = { misses: [EXAMPLE_MISS], ...EXAMPLE_REST }
export const EXAMPLE_ADMIN_MISSES = {
  ...{ misses: [{ ...EXAMPLE_MISS, user_id: 4_817_302_956 }], ...EXAMPLE_REST },
}
