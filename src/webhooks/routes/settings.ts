import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  BODY,
  DATABASE,
  elseSay,
  invalidInput,
  money,
  note,
  ofAccess,
  readInput,
  refusals,
  TRANSACTION,
  wholeNumber,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { Settings, SettingsChange } from '../settings.ts'
import { CHANGE, LIVE_KEY, orUnknown, requireLiveKey } from './refuse.ts'

export interface SettingsActions {
  readEventSettings: (userId: number) => Promise<Settings>
  changeEventSettings: (userId: number, change: SettingsChange) => Promise<Settings>
}

const Body = z.strictObject({
  feed: z.boolean(elseSay('must be true or false')).optional().meta({
    description: 'Keep events for `GET /v1/events`, also without an endpoint',
  }),
  low_balance_cents: wholeNumber(1)
    .nullable()
    .optional()
    .meta({
      description:
        'A charge that takes the balance below it makes the event `balance.low`; null for none. In the smallest currency unit',
      examples: [1_000],
    }),
})

const SettingsAnswer = z
  .object({
    feed: z.boolean().meta({ description: 'Events are kept for `GET /v1/events`, also without an endpoint' }),
    low_balance_cents: money('Below it a charge makes the event `balance.low`; null for none').nullable(),
    has_callback_secret: z
      .boolean()
      .meta({ description: 'A secret signs what goes to the `callback_url` of messages' }),
  })
  .meta({ id: 'EventSettings' })

const EXAMPLE: z.input<typeof SettingsAnswer> = {
  feed: true,
  low_balance_cents: 1_000,
  has_callback_secret: false,
}

export function readSettingsRoute({ readEventSettings }: SettingsActions): Route {
  return {
    method: 'get',
    path: '/v1/events/settings',
    access: 'read',
    operation: READ_OPERATION,
    async handle(_request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      answerJson(response, toAnswer(await readEventSettings(userId)))
    },
  }
}

export function changeSettingsRoute({ changeEventSettings }: SettingsActions): Route {
  return {
    method: 'patch',
    path: '/v1/events/settings',
    access: 'manage',
    operation: CHANGE_OPERATION,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      requireLiveKey(access)
      const { feed: isFeedOn, low_balance_cents: lowBalance } = readInput(Body, request.body)
      answerJson(response, toAnswer(await orUnknown(changeEventSettings(userId, { isFeedOn, lowBalance }))))
    },
  }
}

function toAnswer({ isFeedOn, lowBalance, hasCallbackSecret }: Settings): z.input<typeof SettingsAnswer> {
  return { feed: isFeedOn, low_balance_cents: lowBalance, has_callback_secret: hasCallbackSecret }
}

const READ_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'readEventSettings',
  tags: ['webhooks'],
  summary: 'Read what is decided about events as a whole',
  responses: {
    '200': answer('The settings', SettingsAnswer, EXAMPLE),
    ...refusals([...ofAccess('read'), ...DATABASE]),
  },
}

const CHANGE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'changeEventSettings',
  tags: ['webhooks'],
  summary: 'Switch the feed, or set the threshold of a low balance',
  description:
    'What is left out stays. It holds for messages that are accepted after the answer: the events of earlier ones are not made up for.',
  requestBody: {
    required: true,
    content: { 'application/json': { schema: Body, example: { feed: true, low_balance_cents: 1_000 } } },
  },
  responses: {
    '200': answer('The settings as they are now', SettingsAnswer, EXAMPLE),
    ...refusals([
      ...ofAccess('manage'),
      ...LIVE_KEY,
      invalidInput(Body, { feed: 'yes' }),
      ...BODY,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}
