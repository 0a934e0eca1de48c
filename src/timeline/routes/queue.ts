import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { answer, answerJson, DATABASE, note, ofAccess, refusals, time } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { ClassQueue, CustomerQueue } from '../index.ts'

export interface QueueActions {
  readQueue: (userId: number) => Promise<CustomerQueue>
}

const recipients = (description: string) => z.int().meta({ description })

const ClassFields = z
  .object({
    waiting: recipients('Recipients that wait for their turn'),
    oldest_accepted_at: time('When the oldest of them was accepted').nullable(),
    recipients_before: recipients(
      'Recipients of all customers in front of the first of them, about: beyond 10,000 messages it is an estimate',
    ),
    scheduled: recipients(
      'Recipients that wait for a time: their `send_at`, or that of the sending window or rate',
    ),
    next_scheduled_at: time('The first of these times').nullable(),
    last_scheduled_at: time('The last of these times').nullable(),
    under_way: recipients('Recipients on their way to an operator, or backing off after an attempt'),
    at_least: z
      .literal(true)
      .optional()
      .meta({ description: 'There are more than were counted, which is up to 10,000 messages of a kind' }),
    last_hand_over_estimated_at: time('About when an operator gets the last of all').nullable().meta({
      description:
        'About when an operator gets the last of all that waits, at the pace of the last seconds; null when nothing waits and when it is not known',
    }),
  })
  .meta({ id: 'ClassQueue' })

const QueueAnswer = z.object({ normal: ClassFields, express: ClassFields }).meta({ id: 'QueueAnswer' })

/** `GET /v1/queue`: what the key's customer has waiting, by class. */
export function queueRoute({ readQueue }: QueueActions): Route {
  return {
    method: 'get',
    path: '/v1/queue',
    access: 'read',
    operation,
    async handle(_request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const { normal, express } = await readQueue(userId)
      answerJson(response, { normal: toFields(normal), express: toFields(express) } satisfies z.input<
        typeof QueueAnswer
      >)
    },
  }
}

function toFields(queue: ClassQueue): z.input<typeof ClassFields> {
  const { ready, scheduled, underWay, before, isLeast, lastHandOverAt } = queue
  return {
    ...{ waiting: ready.recipients, oldest_accepted_at: ready.oldestAt?.toISOString() ?? null },
    ...{ recipients_before: before, scheduled: scheduled.recipients },
    next_scheduled_at: scheduled.firstAt?.toISOString() ?? null,
    last_scheduled_at: scheduled.lastAt?.toISOString() ?? null,
    under_way: underWay,
    ...(isLeast ? { at_least: true as const } : {}),
    last_hand_over_estimated_at: lastHandOverAt?.toISOString() ?? null,
  }
}

const EXAMPLE: z.input<typeof QueueAnswer> = {
  normal: {
    ...{ waiting: 5_200, oldest_accepted_at: '2026-01-19T08:29:41.310Z', recipients_before: 140 },
    ...{ scheduled: 300, next_scheduled_at: '2026-01-19T09:00:00.000Z' },
    ...{ last_scheduled_at: '2026-01-19T09:00:00.000Z', under_way: 400 },
    last_hand_over_estimated_at: '2026-01-19T09:00:00.000Z',
  },
  express: {
    ...{ waiting: 0, oldest_accepted_at: null, recipients_before: 0, scheduled: 0, next_scheduled_at: null },
    ...{ last_scheduled_at: null, under_way: 0, last_hand_over_estimated_at: null },
  },
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'readQueue',
  tags: ['messages'],
  summary: 'Read what waits to be sent',
  description:
    'What has not been handed over yet, of all your messages. Test messages are counted too. Customers with a backlog take turns, so that the time of the last one depends on what others send meanwhile.',
  responses: {
    '200': answer('What waits, by class', QueueAnswer, EXAMPLE),
    ...refusals([...ofAccess('read'), ...DATABASE]),
  },
}
