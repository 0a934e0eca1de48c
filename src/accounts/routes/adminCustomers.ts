import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  BODY,
  DATABASE,
  invalidField,
  invalidInput,
  invalidQuery,
  LIST,
  nextCursor,
  note,
  ofAccess,
  pageFields,
  readInput,
  readQuery,
  refusals,
  TRANSACTION,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { NO_LIMITS } from '../index.ts'
import type { AccountActions } from './actions.ts'
import {
  CustomerBody,
  CustomerItem,
  CustomerPatch,
  EXAMPLE_CUSTOMER,
  toCustomerItem,
  toValues,
} from './customerFields.ts'
import { toNextCursor, toPageQuery } from './page.ts'
import { CHANGE, CUSTOMER, customerExists, customerNotFound, orUnknown } from './refuse.ts'

const CURSOR_KIND = 'customers1'

const Query = z.strictObject(pageFields)
export const CustomerPath = z.object({ id: z.uuid().meta({ description: 'The customer' }) })

const CustomersAnswer = z
  .object({ customers: z.array(CustomerItem), next_cursor: nextCursor })
  .meta({ id: 'CustomersAnswer' })

/** `GET /v1/admin/customers`: newest first. */
export function listCustomersRoute({ listCustomers }: AccountActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/customers',
    access: 'admin',
    operation: LIST_OPERATION,
    async handle(request, response) {
      const page = await listCustomers(toPageQuery(CURSOR_KIND, readQuery(Query, request.query)))
      answerJson(response, {
        customers: page.items.map(toCustomerItem),
        next_cursor: toNextCursor(CURSOR_KIND, page.nextBefore),
      } satisfies z.input<typeof CustomersAnswer>)
    },
  }
}

/** `POST /v1/admin/customers`: creates a customer, or gives one that has a balance a name and keys. */
export function createCustomerRoute({ createCustomer }: AccountActions): Route {
  return {
    method: 'post',
    path: '/v1/admin/customers',
    access: 'admin',
    operation: CREATE_OPERATION,
    async handle(request, response, access) {
      const { user_id: userId, ...body } = readInput(CustomerBody, request.body)
      const values = { ...NO_LIMITS, ...toValues(body), name: body.name, tier: body.tier, userId }
      const decision = await orUnknown(createCustomer(values, access.actor))
      if (decision.kind === 'customer_exists') throw customerExists()
      note(response, { customer_id: decision.customer.userId })
      answerJson(response, toCustomerItem(decision.customer), 201)
    },
  }
}

/** `GET /v1/admin/customers/{id}` */
export function readCustomerRoute({ readCustomer }: AccountActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/customers/:id',
    access: 'admin',
    operation: READ_OPERATION,
    async handle(request, response) {
      const customer = await readCustomer(String(request.params['id']))
      if (!customer) throw customerNotFound()
      note(response, { customer_id: customer.userId })
      answerJson(response, toCustomerItem(customer))
    },
  }
}

/** `PATCH /v1/admin/customers/{id}`: changes the values that are given. */
export function changeCustomerRoute({ changeCustomer }: AccountActions): Route {
  return {
    method: 'patch',
    path: '/v1/admin/customers/:id',
    access: 'admin',
    operation: CHANGE_OPERATION,
    async handle(request, response, access) {
      const values = toValues(readInput(CustomerPatch, request.body))
      if (Object.keys(values).length === 0) throw invalidField('body', 'must change something')
      const customer = await orUnknown(changeCustomer(String(request.params['id']), values, access.actor))
      if (!customer) throw customerNotFound()
      note(response, { customer_id: customer.userId })
      answerJson(response, toCustomerItem(customer))
    },
  }
}

const LIST_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'listCustomers',
  tags: ['admin'],
  summary: 'List customers, newest first',
  requestParams: { query: Query },
  responses: {
    '200': answer('A page of customers', CustomersAnswer, {
      customers: [EXAMPLE_CUSTOMER],
      next_cursor: null,
    }),
    ...refusals([...ofAccess('admin'), invalidQuery(Query, { limit: '5000' }), ...LIST, ...DATABASE]),
  },
}

const CREATE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'createCustomer',
  tags: ['admin'],
  summary: 'Create a customer',
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: CustomerBody, example: { name: 'Example Ltd', tier: 'basic' } },
    },
  },
  responses: {
    '201': answer('Created', CustomerItem, EXAMPLE_CUSTOMER),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(CustomerBody, { name: '', tier: 'gold' }),
      { when: '`user_id` has a customer already', example: customerExists() },
      ...BODY,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}

const READ_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'readCustomer',
  tags: ['admin'],
  summary: 'Read a customer',
  requestParams: { path: CustomerPath },
  responses: {
    '200': answer('The customer', CustomerItem, EXAMPLE_CUSTOMER),
    ...refusals([...ofAccess('admin'), ...CUSTOMER, ...DATABASE]),
  },
}

const CHANGE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'changeCustomer',
  tags: ['admin'],
  summary: 'Change a customer',
  description: 'Members that are left out stay as they are.',
  requestParams: { path: CustomerPath },
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: CustomerPatch, example: { tier: 'basic', parts_per_minute: null } },
    },
  },
  responses: {
    '200': answer('The customer after the change', CustomerItem, EXAMPLE_CUSTOMER),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(CustomerPatch, { teir: 'basic' }),
      ...BODY,
      ...CUSTOMER,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}
