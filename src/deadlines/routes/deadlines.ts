import type { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { customerNotFound } from '../../accounts/index.ts'
import {
  answer,
  answerJson,
  DATABASE,
  invalidQuery,
  LIST,
  note,
  ofAccess,
  readQuery,
  refusals,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { DeadlineActions } from './actions.ts'
import {
  AdminMissesAnswer,
  AdminMissesQueryFields,
  EXAMPLE_ADMIN_MISSES,
  EXAMPLE_MISSES,
  MissesAnswer,
  MissesQueryFields,
  toMiss,
  toMissesQuery,
  toRest,
} from './missFields.ts'

const SYNONYMS = { from: ['since', 'start'], to: ['until', 'end'] }
const DESCRIPTION =
  'A recipient of an express message that is handed over to an operator after its guarantee, or fails after it, is a ' +
  'miss. Oldest guarantee first. A cancelled one is none. Tariffs with `refund_missed` give the price of a late one back.'

/** `GET /v1/deadlines`: a customer's missed guarantees. */
export function deadlinesRoute({ listMisses, nowMs }: DeadlineActions): Route {
  return {
    method: 'get',
    path: '/v1/deadlines',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const query = readQuery(MissesQueryFields, request.query, SYNONYMS)
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const { misses, ...rest } = await listMisses({ userId, ...toMissesQuery(query, nowMs()) })
      answerJson(response, {
        ...{ misses: misses.map(toMiss), ...toRest(rest) },
      } satisfies z.input<typeof MissesAnswer>)
    },
  }
}

/** `GET /v1/admin/deadlines`: all customers', or one's. */
export function adminDeadlinesRoute({ listMisses, findCustomer, nowMs }: DeadlineActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/deadlines',
    access: 'admin',
    operation: adminOperation,
    async handle(request, response) {
      const { customer, ...query } = readQuery(AdminMissesQueryFields, request.query, SYNONYMS)
      const found = customer === undefined ? undefined : await findCustomer(customer)
      if (customer !== undefined && !found) throw customerNotFound()
      const page = await listMisses({ userId: found?.userId, ...toMissesQuery(query, nowMs()) })
      const { misses, ...rest } = page
      answerJson(response, {
        misses: misses.map((miss) => ({ ...toMiss(miss), user_id: miss.userId })),
        ...toRest(rest),
      } satisfies z.input<typeof AdminMissesAnswer>)
    },
  }
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listDeadlines',
  tags: ['messages'],
  summary: 'List express messages that were not handed over in time',
  description: DESCRIPTION,
  requestParams: { query: MissesQueryFields },
  responses: {
    '200': answer('A page of missed guarantees', MissesAnswer, EXAMPLE_MISSES),
    ...refusals([
      ...ofAccess('read'),
      invalidQuery(MissesQueryFields, { from: 'yesterday' }, SYNONYMS),
      ...LIST,
      ...DATABASE,
    ]),
  },
}

const adminOperation: ZodOpenApiOperationObject = {
  operationId: 'listDeadlinesAsAdmin',
  tags: ['admin'],
  summary: 'List express messages of all customers, or of one, that were not handed over in time',
  description: DESCRIPTION,
  requestParams: { query: AdminMissesQueryFields },
  responses: {
    '200': answer('A page of missed guarantees', AdminMissesAnswer, EXAMPLE_ADMIN_MISSES),
    ...refusals([
      ...ofAccess('admin'),
      invalidQuery(AdminMissesQueryFields, { from: 'yesterday' }, SYNONYMS),
      ...LIST,
      { when: 'there is no such customer', example: customerNotFound() },
      ...DATABASE,
    ]),
  },
}
