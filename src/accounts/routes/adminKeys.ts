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
import { KEY_MODES } from '../../primitives/access.ts'
import type { AccountActions } from './actions.ts'
import { CustomerPath } from './adminCustomers.ts'
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
import { CHANGE, CUSTOMER, customerNotFound, KEY, keyNotFound, NEW_KEY, orUnknown } from './refuse.ts'

const PATH = '/v1/admin/customers/:id/keys'
const KeyPath = CustomerPath.extend({ key_id: z.uuid().meta({ description: 'The `id` of the key' }) })

/** `GET /v1/admin/customers/{id}/keys` */
export function listCustomerKeysRoute(actions: AccountActions): Route {
  return {
    method: 'get',
    path: PATH,
    access: 'admin',
    operation: LIST_OPERATION,
    async handle(request, response) {
      const query = toPageQuery(KEYS_CURSOR, readQuery(KeysQuery, request.query))
      const userId = await userIdOf(actions, request.params['id'])
      note(response, { customer_id: userId })
      answerJson(response, toKeysAnswer(await actions.listKeys({ userId, modes: KEY_MODES }, query)))
    },
  }
}

/** `POST /v1/admin/customers/{id}/keys`: creates a key and shows it, this once. */
export function createCustomerKeyRoute(actions: AccountActions): Route {
  return {
    method: 'post',
    path: PATH,
    access: 'admin',
    operation: CREATE_OPERATION,
    async handle(request, response, access) {
      const wanted = toKeyRequest(readInput(KeyBody, request.body), actions.nowMs())
      const userId = await userIdOf(actions, request.params['id'])
      note(response, { customer_id: userId })
      const decision = await orUnknown(actions.createKey(userId, wanted, access.actor))
      answerJson(response, toNewKey(decision), 201)
    },
  }
}

/** `DELETE /v1/admin/customers/{id}/keys/{key_id}` */
export function revokeCustomerKeyRoute(actions: AccountActions): Route {
  return {
    method: 'delete',
    path: `${PATH}/:key_id`,
    access: 'admin',
    operation: REVOKE_OPERATION,
    async handle(request, response, access) {
      const userId = await userIdOf(actions, request.params['id'])
      note(response, { customer_id: userId })
      const id = String(request.params['key_id'])
      const isThere = await orUnknown(actions.revokeKey({ userId, modes: KEY_MODES }, id, access.actor))
      if (!isThere) throw keyNotFound()
      answerJson(response, { id: id.toLowerCase(), status: 'revoked' } satisfies z.input<
        typeof RevokedAnswer
      >)
    },
  }
}

/** @throws Problem 404 `customer_not_found`. */
async function userIdOf({ readCustomer }: AccountActions, id: unknown): Promise<number> {
  const customer = await readCustomer(String(id))
  if (!customer) throw customerNotFound()
  return customer.userId
}

const LIST_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'listCustomerKeys',
  tags: ['admin'],
  summary: 'List the keys of a customer, newest first',
  requestParams: { path: CustomerPath, query: KeysQuery },
  responses: {
    '200': answer('A page of keys, revoked ones included', KeysAnswer, EXAMPLE_KEYS),
    ...refusals([
      ...ofAccess('admin'),
      invalidQuery(KeysQuery, { limit: '5000' }),
      ...LIST,
      ...CUSTOMER,
      ...DATABASE,
    ]),
  },
}

const CREATE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'createCustomerKey',
  tags: ['admin'],
  summary: 'Create a key of a customer',
  requestParams: { path: CustomerPath },
  requestBody: {
    required: true,
    content: { 'application/json': { schema: KeyBody, example: EXAMPLE_KEY_BODY } },
  },
  responses: {
    '201': answer('Created; `key` is shown only here', NewKey, EXAMPLE_NEW_KEY),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(KeyBody, { name: 'shop', scopes: ['spend'], expire_at: '2027-01-01T00:00:00Z' }),
      ...BODY,
      ...CUSTOMER,
      ...NEW_KEY,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}

const REVOKE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'revokeCustomerKey',
  tags: ['admin'],
  summary: 'Revoke a key of a customer',
  requestParams: { path: KeyPath },
  responses: {
    '200': answer('Revoked, now or before', RevokedAnswer, EXAMPLE_REVOKED),
    ...refusals([...ofAccess('admin'), ...CUSTOMER, ...KEY, ...CHANGE, ...TRANSACTION]),
  },
}
