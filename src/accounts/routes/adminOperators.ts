import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  BODY,
  DATABASE,
  invalidInput,
  ofAccess,
  readInput,
  readQuery,
  refusals,
  TRANSACTION,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import type { AccountActions } from './actions.ts'
import { EXAMPLE_OPERATOR, OperatorItem, OperatorPatch, toOperatorItem } from './operatorFields.ts'
import { CHANGE, operatorNotFound, orUnknown } from './refuse.ts'

const Query = z.strictObject({})
const Path = z.object({ name: z.string().meta({ description: 'The operator' }) })
const OperatorsAnswer = z.object({ operators: z.array(OperatorItem) }).meta({ id: 'OperatorsAnswer' })

/** `GET /v1/admin/operators`: every operator of a consumer, in order of preference. */
export function listOperatorsRoute({ listOperators }: AccountActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/operators',
    access: 'admin',
    operation: LIST_OPERATION,
    async handle(request, response) {
      readQuery(Query, request.query)
      const operators = (await listOperators()).map(toOperatorItem)
      answerJson(response, { operators } satisfies z.input<typeof OperatorsAnswer>)
    },
  }
}

/** `PATCH /v1/admin/operators/{name}`: pauses, drains, resumes or weights it. Repeated, it answers the same. */
export function changeOperatorRoute({ changeOperator }: AccountActions): Route {
  return {
    method: 'patch',
    path: '/v1/admin/operators/:name',
    access: 'admin',
    operation: CHANGE_OPERATION,
    async handle(request, response, access) {
      const change = readInput(OperatorPatch, request.body)
      const name = String(request.params['name'])
      const operator = await orUnknown(changeOperator(name, change, access.actor))
      if (!operator) throw operatorNotFound()
      answerJson(response, toOperatorItem(operator))
    },
  }
}

const LIST_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'listOperators',
  tags: ['admin'],
  summary: 'List operators, in order of preference',
  description:
    'As they are configured, and what was made of them. Circuit breakers and connections are those of each process: its ' +
    'metrics show them.',
  requestParams: { query: Query },
  responses: {
    '200': answer('Every operator', OperatorsAnswer, { operators: [EXAMPLE_OPERATOR] }),
    ...refusals([...ofAccess('admin'), ...DATABASE]),
  },
}

const CHANGE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'changeOperator',
  tags: ['admin'],
  summary: 'Pause, drain, resume or weight an operator',
  description:
    'In effect in every process within a second. A paused or drained operator is not called and does not count as ' +
    'failing: messages go to the others, or wait.',
  requestParams: { path: Path },
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: OperatorPatch,
        examples: {
          pause: { summary: 'Pause', value: { state: 'paused', reason: 'its maintenance until 10:00' } },
          resume: { summary: 'Resume', value: { state: 'active', reason: 'it is back' } },
          weight: { summary: 'Weight', value: { weight: 50, reason: 'half of the traffic' } },
        },
      },
    },
  },
  responses: {
    '200': answer('The operator as it is now', OperatorItem, EXAMPLE_OPERATOR),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(OperatorPatch, { state: 'stopped', reason: '' }),
      { when: 'no consumer is configured with it', example: operatorNotFound() },
      ...BODY,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}
