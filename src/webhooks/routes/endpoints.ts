import type { ZodOpenApiOperationObject } from 'zod-openapi'
import type { z } from 'zod'
import { answerJson, note, readInput } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { Access } from '../../primitives/access.ts'
import type { EndpointActions } from './actions.ts'
import {
  CALLBACK_SECRET,
  changeOperation,
  createOperation,
  DELETE,
  LIST,
  REPLAY,
  ROTATE,
  TEST,
} from './describeEndpoints.ts'
import type { DeletedAnswer, TestAnswer } from './describeEndpoints.ts'
import { endpointBody, endpointChange, ReplayBody, toEndpointAnswer, toValues } from './endpointFields.ts'
import type { EndpointsAnswer, NewEndpoint, SecretAnswer } from './endpointFields.ts'
import { endpointNotFound, orUnknown, requireLiveKey, tooManyEndpoints } from './refuse.ts'

const PATH = '/v1/webhooks'
const ONE = '/v1/webhooks/:id'

/** @throws Problem 403 for a test key. */
function ownerOf(access: Access): number {
  requireLiveKey(access)
  return customerOf(access).userId
}

export function endpointRoutes(actions: EndpointActions): Route[] {
  const Body = endpointBody(actions.allowsPrivate)
  const Change = endpointChange(actions.allowsPrivate)
  return [
    route('get', PATH, LIST, async (_request, response, access) => {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      answerJson(response, {
        webhooks: (await actions.listEndpoints(userId)).map(toEndpointAnswer),
      } satisfies z.input<typeof EndpointsAnswer>)
    }),
    route('post', PATH, createOperation(Body), async (request, response, access) => {
      const userId = ownerOf(access)
      note(response, { customer_id: userId })
      const values = toValues(readInput(Body, request.body))
      const decision = await orUnknown(actions.createEndpoint(userId, values))
      if (decision.kind !== 'created') throw tooManyEndpoints()
      answerJson(
        response,
        { ...toEndpointAnswer(decision.endpoint), secret: decision.secret } satisfies z.input<
          typeof NewEndpoint
        >,
        201,
      )
    }),
    // Before the routes of one endpoint: it stands at the place of an identifier.
    route('post', '/v1/webhooks/callback-secret', CALLBACK_SECRET, async (_request, response, access) => {
      const userId = ownerOf(access)
      note(response, { customer_id: userId })
      answerJson(response, toSecret(await orUnknown(actions.rotateCallbackSecret(userId))))
    }),
    route('patch', ONE, changeOperation(Change), async (request, response, access) => {
      const key = keyOf(ownerOf(access), request.params['id'])
      note(response, { customer_id: key.userId })
      const { url, events: eventTypes, include_text: includeText } = readInput(Change, request.body)
      const endpoint = await orUnknown(actions.changeEndpoint(key, { url, eventTypes, includeText }))
      if (!endpoint) throw endpointNotFound()
      answerJson(response, toEndpointAnswer(endpoint))
    }),
    route('delete', ONE, DELETE, async (request, response, access) => {
      const key = keyOf(ownerOf(access), request.params['id'])
      note(response, { customer_id: key.userId })
      if (!(await orUnknown(actions.deleteEndpoint(key)))) throw endpointNotFound()
      answerJson(response, { id: key.endpointId.toLowerCase(), status: 'deleted' } satisfies z.input<
        typeof DeletedAnswer
      >)
    }),
    route('post', `${ONE}/rotate-secret`, ROTATE, async (request, response, access) => {
      const key = keyOf(ownerOf(access), request.params['id'])
      note(response, { customer_id: key.userId })
      const made = await orUnknown(actions.rotateSecret(key))
      if (!made) throw endpointNotFound()
      answerJson(response, toSecret(made))
    }),
    route('post', `${ONE}/test`, TEST, async (request, response, access) => {
      const key = keyOf(ownerOf(access), request.params['id'])
      note(response, { customer_id: key.userId })
      const deliveryId = await orUnknown(actions.testEndpoint(key))
      if (deliveryId === undefined) throw endpointNotFound()
      answerJson(response, { delivery_id: deliveryId } satisfies z.input<typeof TestAnswer>, 202)
    }),
    route('post', `${ONE}/replay`, REPLAY, async (request, response, access) => {
      const key = keyOf(ownerOf(access), request.params['id'])
      note(response, { customer_id: key.userId })
      const { after } = readInput(ReplayBody, request.body)
      const endpoint = await orUnknown(actions.replay(key, after))
      if (!endpoint) throw endpointNotFound()
      answerJson(response, toEndpointAnswer(endpoint), 202)
    }),
  ]
}

function route(
  method: Route['method'],
  path: string,
  operation: ZodOpenApiOperationObject,
  handle: Route['handle'],
): Route {
  return { method, path, access: 'manage', operation, handle }
}

function keyOf(userId: number, id: unknown): { userId: number; endpointId: string } {
  return { userId, endpointId: String(id) }
}

function toSecret({ secret, previousUntil }: { secret: string; previousUntil: Date | null }) {
  return {
    secret,
    previous_valid_until: previousUntil?.toISOString() ?? null,
  } satisfies z.input<typeof SecretAnswer>
}
