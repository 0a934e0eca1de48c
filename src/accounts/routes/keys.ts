import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  BODY,
  DATABASE,
  invalidInput,
  invalidQuery,
  LIST,
  note,
  ofAccess,
  readInput,
  readQuery,
  refusals,
  TRANSACTION,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf, KEY_MODES } from '../../primitives/access.ts'
import type { Access } from '../../primitives/access.ts'
import type { KeyOwner } from '../index.ts'
import type { AccountActions } from './actions.ts'
import {
  EXAMPLE_KEYS,
  EXAMPLE_REVOKED,
  KEYS_CURSOR,
  KeysAnswer,
  KeysQuery,
  RevokedAnswer,
  toKeysAnswer,
  toNewKey,
} from './keyAnswers.ts'
import { EXAMPLE_KEY_BODY, EXAMPLE_NEW_KEY, KeyBody, NewKey, toKeyRequest } from './keyFields.ts'
import { toPageQuery } from './page.ts'
import { CHANGE, KEY, keyNotFound, liveKeyRequired, NEW_KEY, orUnknown } from './refuse.ts'

const Path = z.object({ id: z.uuid().meta({ description: 'The `id` of the key' }) })

/** A test key has no power over live ones. */
function ownerOf(access: Access): KeyOwner {
  return { userId: customerOf(access).userId, modes: access.isTest ? ['test'] : KEY_MODES }
}

/** `GET /v1/keys`: the keys of the customer, without the keys themselves. */
export function listKeysRoute({ listKeys }: AccountActions): Route {
  return {
    method: 'get',
    path: '/v1/keys',
    access: 'manage',
    operation: LIST_OPERATION,
    async handle(request, response, access) {
      const owner = ownerOf(access)
      note(response, { customer_id: owner.userId })
      const page = await listKeys(owner, toPageQuery(KEYS_CURSOR, readQuery(KeysQuery, request.query)))
      answerJson(response, toKeysAnswer(page))
    },
  }
}

/** `POST /v1/keys`: creates a key and shows it, this once. */
export function createKeyRoute({ createKey, nowMs }: AccountActions): Route {
  return {
    method: 'post',
    path: '/v1/keys',
    access: 'manage',
    operation: CREATE_OPERATION,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const wanted = toKeyRequest(readInput(KeyBody, request.body), nowMs())
      if (access.isTest && wanted.mode === 'live') throw liveKeyRequired()
      answerJson(response, toNewKey(await orUnknown(createKey(userId, wanted, access.actor))), 201)
    },
  }
}

/** `DELETE /v1/keys/{id}`: revokes a key. Repeated, it answers the same. */
export function revokeKeyRoute({ revokeKey }: AccountActions): Route {
  return {
    method: 'delete',
    path: '/v1/keys/:id',
    access: 'manage',
    operation: REVOKE_OPERATION,
    async handle(request, response, access) {
      const owner = ownerOf(access)
      note(response, { customer_id: owner.userId })
      const id = String(request.params['id'])
      if (!(await orUnknown(revokeKey(owner, id, access.actor)))) throw keyNotFound()
      answerJson(response, { id: id.toLowerCase(), status: 'revoked' } satisfies z.input<
        typeof RevokedAnswer
      >)
    },
  }
}

const LIST_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'listKeys',
  tags: ['account'],
  summary: "List the customer's keys, newest first",
  description: 'A test key lists test keys only.',
  requestParams: { query: KeysQuery },
  responses: {
    '200': answer('A page of keys, revoked ones included', KeysAnswer, EXAMPLE_KEYS),
    ...refusals([...ofAccess('manage'), invalidQuery(KeysQuery, { limit: '5000' }), ...LIST, ...DATABASE]),
  },
}

const CREATE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'createKey',
  tags: ['account'],
  summary: 'Create a key',
  description: 'Several keys are valid at once: create the new one, use it, then revoke the old one.',
  requestBody: {
    required: true,
    content: { 'application/json': { schema: KeyBody, example: EXAMPLE_KEY_BODY } },
  },
  responses: {
    '201': answer('Created; `key` is shown only here', NewKey, EXAMPLE_NEW_KEY),
    ...refusals([
      ...ofAccess('manage'),
      { when: 'a test key asks for a live one', example: liveKeyRequired() },
      invalidInput(KeyBody, { name: 'shop', scopes: ['spend'], expire_at: '2027-01-01T00:00:00Z' }),
      ...BODY,
      ...NEW_KEY,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}

const REVOKE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'revokeKey',
  tags: ['account'],
  summary: 'Revoke a key',
  description: 'No process accepts it any more a second later. A key may revoke itself.',
  requestParams: { path: Path },
  responses: {
    '200': answer('Revoked, now or before', RevokedAnswer, EXAMPLE_REVOKED),
    ...refusals([...ofAccess('manage'), ...KEY, ...CHANGE, ...TRANSACTION]),
  },
}
