import { z } from 'zod'
import { ProblemSchema } from '../../platform/http/index.ts'
import type { Refusal } from '../../platform/http/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { formatCount } from '../../primitives/text.ts'
import { GRANULARITIES, POINTS_MAX } from '../index.ts'
import type { ReportRefusal } from '../index.ts'

/** @returns the problem that says why a report cannot be given, and what to ask for instead. */
export function toProblem(refusal: ReportRefusal): Problem {
  switch (refusal.kind) {
    case 'too_many_points':
      return tooManyPoints(refusal)
    case 'too_large':
      return tooLarge(refusal)
    case 'not_kept':
      return notKept(refusal)
  }
}

type RefusalOf<Kind> = Extract<ReportRefusal, { kind: Kind }>

function tooManyPoints({ granularity, points, proposed }: RefusalOf<'too_many_points'>): Problem {
  const way = proposed ? `granularity=${proposed}` : 'a shorter range or fewer groups'
  return refuse(
    'too_many_points',
    `The report has more than ${formatCount(POINTS_MAX)} points. Ask for ${way}.`,
    [
      granularityFault(
        granularity,
        `has ${formatCount(points)} points here, of at most ${formatCount(POINTS_MAX)}`,
      ),
    ],
    { ...(proposed && { proposed_granularity: proposed }), points_max: POINTS_MAX },
  )
}

function tooLarge({ granularity, proposed, readableToMs }: RefusalOf<'too_large'>): Problem {
  const to = readableToMs === undefined ? undefined : new Date(readableToMs).toISOString()
  const ways = [proposed && `granularity=${proposed}`, to && `a range that ends at ${to}`].filter(Boolean)
  return refuse(
    'report_too_large',
    `The report would read too much. Ask for ${ways.join(' or ') || 'a shorter range'}.`,
    [granularityFault(granularity, 'is too fine for this range of this customer')],
    { ...(proposed && { proposed_granularity: proposed }), ...(to && { proposed_to: to }) },
  )
}

function notKept({ granularity, keptFromMs, proposed }: RefusalOf<'not_kept'>): Problem {
  const from = new Date(keptFromMs).toISOString()
  const way = proposed === 'utc' ? 'days of UTC (granularity=day, time_zone=UTC)' : `granularity=${proposed}`
  const what = granularity === 'day' ? 'Days of this time zone are' : `Periods of a ${granularity} are`
  return refuse(
    'report_not_kept',
    `${what} kept from ${from} on. Ask for a later range, or for ${way}.`,
    [{ field: 'from', message: `is before ${from}` }],
    {
      kept_from: from,
      proposed_granularity: proposed === 'utc' ? 'day' : proposed,
      ...(proposed === 'utc' && { proposed_time_zone: 'UTC' }),
    },
  )
}

function granularityFault(granularity: string, message: string) {
  return { field: 'granularity', message: `${granularity} ${message}` }
}

function refuse(
  code: string,
  detail: string,
  errors: { field: string; message: string }[],
  members: Record<string, string | number>,
): Problem {
  return new Problem(400, code, detail, { errors, members })
}

export function notAcceptable(): Problem {
  return new Problem(406, 'not_acceptable', 'Reports are application/json or text/csv.')
}

const proposedGranularity = z.enum(GRANULARITIES).optional().meta({
  description: 'With which the report is possible, or its number of points',
})

export const REPORT_REFUSALS: Refusal[] = [
  {
    when: 'the answer would have too many rows',
    example: toProblem({ kind: 'too_many_points', granularity: 'minute', points: 43_200, proposed: 'hour' }),
    schema: ProblemSchema.extend({ proposed_granularity: proposedGranularity, points_max: z.int() }),
  },
  {
    when: 'too many rows would have to be added up',
    example: toProblem({
      ...{ kind: 'too_large', granularity: 'minute', proposed: 'hour' },
      readableToMs: Date.UTC(2026, 0, 20, 14),
    }),
    schema: ProblemSchema.extend({
      proposed_granularity: proposedGranularity,
      proposed_to: z.iso
        .datetime()
        .optional()
        .meta({ description: 'A `to` with which the report is possible' }),
    }),
  },
  {
    when: 'the range begins before what is kept of such periods',
    example: toProblem({
      ...{ kind: 'not_kept', granularity: 'minute', keptFromMs: Date.UTC(2026, 0, 11, 8, 30) },
      proposed: 'hour',
    }),
    schema: ProblemSchema.extend({
      kept_from: z.iso.datetime().meta({ description: 'The earliest `from` for such periods' }),
      proposed_granularity: proposedGranularity,
      proposed_time_zone: z.string().optional(),
    }),
  },
  { when: 'neither JSON nor CSV is accepted', example: notAcceptable() },
]
