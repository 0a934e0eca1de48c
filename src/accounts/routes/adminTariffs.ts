import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  BODY,
  DATABASE,
  invalidCursor,
  invalidField,
  invalidInput,
  invalidQuery,
  LIST,
  nextCursor,
  ofAccess,
  pageFields,
  ProblemSchema,
  readInput,
  readQuery,
  refusals,
  textInQuery,
  time,
  TRANSACTION,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import type { CreateTariffDecision, CustomerTariff, EndTariffDecision } from '../index.ts'
import type { AccountActions } from './actions.ts'
import {
  CHANGE,
  CUSTOMER,
  customerNotFound,
  orUnknown,
  tariffEnded,
  tariffNotFound,
  tooManyTariffs,
} from './refuse.ts'
import {
  EXAMPLE_TARIFF,
  TariffBody,
  TariffEndBody,
  TariffItem,
  toTariffEnd,
  toTariffItem,
  toTariffValues,
} from './tariffFields.ts'

const CURSOR_KIND = 'tariffs1'

const Query = z.strictObject({
  ...pageFields,
  customer: textInQuery().optional().meta({
    description: "The `id` of a customer: its own tariffs; all customers', if left out",
    format: 'uuid',
  }),
})
const Path = z.object({ id: z.int().meta({ description: 'The tariff' }) })

const TariffsAnswer = z
  .object({ tariffs: z.array(TariffItem), next_cursor: nextCursor })
  .meta({ id: 'TariffsAnswer' })

const TariffEnded = ProblemSchema.extend({ valid_until: time('When it ends') }).meta({ id: 'TariffEnded' })

/** `GET /v1/admin/tariffs`: newest first, ended ones included. */
export function listTariffsRoute({ listTariffs }: AccountActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/tariffs',
    access: 'admin',
    operation: LIST_OPERATION,
    async handle(request, response) {
      const { limit, cursor, customer } = readQuery(Query, request.query)
      const page = await listTariffs({ limit, before: fromWire(cursor), customer })
      if (!page) throw customerNotFound()
      answerJson(response, {
        tariffs: page.items.map(toTariffItem),
        next_cursor: page.nextBefore === null ? null : encodeCursor(CURSOR_KIND, [page.nextBefore]),
      } satisfies z.input<typeof TariffsAnswer>)
    },
  }
}

/** `POST /v1/admin/tariffs`: a tariff for one customer or for all. */
export function createTariffRoute({ createTariff, nowMs }: AccountActions): Route {
  return {
    method: 'post',
    path: '/v1/admin/tariffs',
    access: 'admin',
    operation: CREATE_OPERATION,
    async handle(request, response, access) {
      const values = toTariffValues(readInput(TariffBody, request.body), nowMs())
      const decision = await orUnknown(createTariff(values, access.actor))
      answerJson(response, toTariffItem(createdOf(decision)), 201)
    },
  }
}

/** `POST /v1/admin/tariffs/{id}/end`: the one change of a tariff. Repeated, it answers the same. */
export function endTariffRoute({ endTariff, nowMs }: AccountActions): Route {
  return {
    method: 'post',
    path: '/v1/admin/tariffs/:id/end',
    access: 'admin',
    operation: END_OPERATION,
    async handle(request, response, access) {
      const validUntilMs = toTariffEnd(readInput(TariffEndBody, request.body), nowMs())
      const id = parseWholeNumber(String(request.params['id']))
      if (id === undefined) throw tariffNotFound()
      const decision = await orUnknown(endTariff(id, validUntilMs, access.actor))
      answerJson(response, toTariffItem(endedOf(decision)))
    },
  }
}

/** @throws Problem for a tariff that was not created. */
export function createdOf(decision: CreateTariffDecision): CustomerTariff {
  if (decision.kind === 'customer_not_found') throw customerNotFound()
  if (decision.kind === 'too_many_tariffs') throw tooManyTariffs()
  return decision.tariff
}

/** @throws Problem for a tariff that does not end as asked. */
export function endedOf(decision: EndTariffDecision): CustomerTariff {
  if (decision.kind === 'tariff_not_found') throw tariffNotFound()
  if (decision.kind === 'before_its_begin') throw invalidField('valid_until', 'must not be before valid_from')
  if (decision.kind === 'ends_earlier') throw tariffEnded(new Date(decision.validUntilMs).toISOString())
  return decision.tariff
}

function fromWire(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  const [number = '', ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  const before = parseWholeNumber(number)
  if (before === undefined || rest.length > 0) throw invalidCursor()
  return before
}

const LIST_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'listTariffs',
  tags: ['admin'],
  summary: 'List tariffs, newest first',
  description: 'The prices of the settings, which hold where no tariff does, are not among them.',
  requestParams: { query: Query },
  responses: {
    '200': answer('A page of tariffs, ended ones included', TariffsAnswer, {
      tariffs: [EXAMPLE_TARIFF],
      next_cursor: null,
    }),
    ...refusals([
      ...ofAccess('admin'),
      invalidQuery(Query, { limit: '5000' }),
      ...LIST,
      ...CUSTOMER,
      ...DATABASE,
    ]),
  },
}

const CREATE_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'createTariff',
  tags: ['admin'],
  summary: 'Create a tariff',
  description:
    "A customer's own tariff comes before one for all customers, then one for the class before one for both, then the " +
    'longest prefix. Of two with one prefix the one that began later holds. It counts everywhere about a second later. ' +
    'To change a price, end its tariff and create another.',
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: TariffBody,
        examples: {
          paid: {
            summary: 'Captured at acceptance',
            value: { destination_prefix: '98', per: 'part', price: 5 } satisfies z.input<typeof TariffBody>,
          },
          held: {
            summary: 'Held until the delivery, for three days at most',
            value: {
              ...{ destination_prefix: '98', per: 'part', price: 5 },
              ...{ charging: 'delivery', receipt_wait_seconds: 259_200 },
            } satisfies z.input<typeof TariffBody>,
          },
        },
      },
    },
  },
  responses: {
    '201': answer('Created', TariffItem, EXAMPLE_TARIFF),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(TariffBody, { destination_prefix: '+98', per: 'part', price: 0.5 }),
      { when: 'too many tariffs have not ended', example: tooManyTariffs() },
      ...BODY,
      ...CUSTOMER,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}

const END_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'endTariff',
  tags: ['admin'],
  summary: 'End a tariff',
  description: 'Messages that it priced keep their price. One that has not begun by then never holds.',
  requestParams: { path: Path },
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: TariffEndBody,
        examples: {
          now: { summary: 'Now', value: {} },
          later: { summary: 'At a later time', value: { valid_until: '2027-03-01T00:00:00Z' } },
        },
      },
    },
  },
  responses: {
    '200': answer('The tariff with its end', TariffItem, {
      ...EXAMPLE_TARIFF,
      valid_until: '2026-02-01T00:00:00.000Z',
    }),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(TariffEndBody, { valid_until: 'tomorrow' }),
      {
        when: 'it ends earlier already',
        example: tariffEnded('2026-02-01T00:00:00.000Z'),
        schema: TariffEnded,
      },
      { when: 'there is no such tariff', example: tariffNotFound() },
      ...BODY,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}
