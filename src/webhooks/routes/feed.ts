import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { EVENTS_KEPT_DAYS } from '../../events/index.ts'
import {
  answer,
  answerJson,
  DATABASE,
  invalidQuery,
  note,
  ofAccess,
  pageFields,
  readQuery,
  refusals,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { EventView } from '../describeEvents.ts'
import type { FeedPage, FeedQuery } from '../readFeed.ts'
import { Event, EXAMPLE_SENT } from './eventFields.ts'

export type ReadFeed = (query: FeedQuery) => Promise<FeedPage>

const Query = z.strictObject({
  limit: pageFields.limit,
  after: wholeNumberInQuery(0)
    .default(0)
    .meta({
      description:
        'The `sequence` of the last event that you have; from the first one that is kept, if left out',
      override: { type: 'integer', minimum: 0, default: 0 },
      examples: [0],
    }),
})

const EventsAnswer = z
  .object({
    events: z.array(Event),
    next_after: z.int().meta({
      description: 'Pass it as `after` next: the last number here, or your own where there is no event yet',
    }),
    has_more: z.boolean().meta({ description: 'More events are there already' }),
  })
  .meta({ id: 'EventsAnswer' })

/** `GET /v1/events`: the customer's log of events, in order and without a gap. */
export function feedRoute(readFeed: ReadFeed): Route {
  return {
    method: 'get',
    path: '/v1/events',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const { events, nextAfter, hasMore } = await readFeed({ userId, ...readQuery(Query, request.query) })
      answerJson(response, {
        events: events.map(toEvent),
        next_after: nextAfter,
        has_more: hasMore,
      } satisfies z.input<typeof EventsAnswer>)
    },
  }
}

/** The view has the members that are documented. */
function toEvent(event: EventView): z.input<typeof Event> {
  return event as z.input<typeof Event>
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listEvents',
  tags: ['webhooks'],
  summary: 'Read events by their numbers, oldest first',
  description: `Events are kept for ${EVENTS_KEPT_DAYS} days, for messages that were accepted while the feed was on (\`PATCH /v1/events/settings\`) or an endpoint was there. Store \`next_after\` and ask again with it: no number is left out, and an event appears only when all before it have.`,
  requestParams: { query: Query },
  responses: {
    '200': answer('Events in the order of their numbers', EventsAnswer, {
      events: [EXAMPLE_SENT],
      next_after: 41,
      has_more: false,
    }),
    ...refusals([...ofAccess('read'), invalidQuery(Query, { after: '-1' }), ...DATABASE]),
  },
}
