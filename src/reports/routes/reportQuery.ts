import { z } from 'zod'
import {
  elseSay,
  invalidField,
  textInQuery,
  timeWithOffset,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import { findTimeZone, GRANULARITIES, GROUPS } from '../index.ts'
import type { Group, ReportRequest } from '../index.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How far a report reaches back that names no beginning. */
const REACH_MS = { minute: HOUR_MS, hour: DAY_MS, day: 30 * DAY_MS }

function timeInQuery(description: string) {
  return textInQuery()
    .pipe(timeWithOffset())
    .optional()
    .meta({ description, override: { type: 'string', format: 'date-time' } })
}

const RANGE = {
  from: timeInQuery(
    'Where the range begins; by default an hour, a day or 30 days before `to`, by `granularity`',
  ),
  to: timeInQuery('Where the range ends, not included; now by default'),
  granularity: textInQuery()
    .pipe(z.enum(GRANULARITIES))
    .default('day')
    .meta({
      description: 'How long the periods are. The range is widened to whole ones',
      override: { type: 'string', enum: [...GRANULARITIES], default: 'day' },
    }),
  time_zone: textInQuery()
    .default('UTC')
    .meta({
      description: 'Whose days and hours: a name of the IANA database, such as `Asia/Tehran`',
      override: { type: 'string', default: 'UTC' },
    }),
}

/** Strict, because a filter that is ignored reports what was not asked for. */
export const ReportQuery = z.strictObject({
  ...RANGE,
  group_by: textInQuery()
    .transform((text) => [...new Set(text.split(',').map((each) => each.trim()))])
    .pipe(z.array(z.enum(GROUPS, elseSay(`must be some of ${GROUPS.join(', ')}, separated by commas`))))
    .optional()
    .meta({
      description: `Some of ${GROUPS.map((group) => `\`${group}\``).join(', ')}, separated by commas. Then only rows that have messages are listed`,
      override: { type: 'string' },
    }),
})

const TOP_MAX = 100

export const TopQuery = z.strictObject({
  ...RANGE,
  by: byOf(['operator', 'country']),
  limit: wholeNumberInQuery(1, TOP_MAX)
    .default(10)
    .meta({
      description: 'How many rows',
      override: { type: 'integer', minimum: 1, maximum: TOP_MAX, default: 10 },
    }),
})

const CUSTOMER = {
  customer: textInQuery()
    .pipe(z.uuid('must be the id of a customer'))
    .optional()
    .meta({
      description: 'The `id` of the customer; all customers together, if left out',
      override: { type: 'string', format: 'uuid' },
    }),
}

export const AdminReportQuery = ReportQuery.extend(CUSTOMER)
export const AdminTopQuery = TopQuery.extend({ ...CUSTOMER, by: byOf(['operator', 'country', 'customer']) })

function byOf<const By extends string>(values: By[]) {
  return textInQuery()
    .pipe(z.enum(values))
    .default(values[0] as By)
    .meta({
      description: 'What is compared',
      override: { type: 'string', enum: [...values], default: values[0] as By },
    })
}

/** Names that other APIs have for these. */
export const SYNONYMS = {
  ...{ from: ['start', 'since', 'start_date'], to: ['end', 'until', 'end_date'], time_zone: ['tz', 'zone'] },
  ...{ granularity: ['interval', 'period', 'resolution'], group_by: ['groups'], customer: ['customer_id'] },
}

interface RangeRead {
  from?: string | undefined
  to?: string | undefined
  granularity: ReportRequest['granularity']
  time_zone: string
}

/** @throws Problem 400 `invalid_request` for an unknown zone, and for a range that ends before it begins. */
export function toRequest(
  { from, to, granularity, time_zone: name }: RangeRead,
  nowMs: number,
): ReportRequest {
  const zone = findTimeZone(name)
  if (!zone) throw invalidField('time_zone', 'is not a time zone of the IANA database, such as Asia/Tehran')
  const toMs = to === undefined ? nowMs : Date.parse(to)
  const fromMs = from === undefined ? toMs - REACH_MS[granularity] : Date.parse(from)
  if (fromMs >= toMs) throw invalidField('from', 'must be before to')
  return { granularity, zone, fromMs, toMs }
}

/** In the order of the columns. */
export function toGroups(given: readonly Group[] = []): Group[] {
  return GROUPS.filter((group) => given.includes(group))
}
