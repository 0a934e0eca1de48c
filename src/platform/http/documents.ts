import { z } from 'zod'
import type { ZodOpenApiResponseObject } from 'zod-openapi'
import { PROBLEM_CONTENT_TYPE, toDocument } from '../../primitives/problem.ts'
import { ANY_ROUTE } from './refusals.ts'
import type { Refusal } from './refusals.ts'

const EXAMPLE_REQUEST_ID = '5f0c8a1e-3b7d-4c52-9e64-d1a2b3c4d5e6'

/** RFC 9457, as every refusal of this API looks. A problem of one route may have more members. */
export const ProblemSchema = z
  .object({
    type: z.string().meta({ description: 'URI identifying the problem type' }),
    title: z.string().meta({ description: 'The problem type in words, always the same for one `code`' }),
    status: z.int().meta({ description: 'The HTTP status' }),
    detail: z.string().meta({ description: 'What went wrong, in a sentence' }),
    instance: z.string().meta({ description: 'URI identifying this occurrence' }),
    code: z.string().meta({ description: 'Stable identifier of the problem type, for programs' }),
    request_id: z.string().meta({ description: 'Same as the header `X-Request-Id`, and as logged' }),
    errors: z
      .array(
        z.object({
          field: z.string().meta({ description: 'As you wrote it, such as `recipients[3]`' }),
          message: z.string().meta({ description: 'What is wrong with it' }),
        }),
      )
      .optional()
      .meta({ description: 'Every wrong field, at most 20' }),
    errors_omitted: z
      .int()
      .optional()
      .meta({ description: 'How many more fields are wrong than `errors` lists' }),
  })
  .meta({ id: 'Problem' })

const REQUEST_ID = z.string().meta({
  description: 'Request id, as logged; echoes `X-Request-Id` if you sent a valid one',
  header: { id: 'RequestId', example: EXAMPLE_REQUEST_ID },
})

const RETRY_AFTER = z
  .int()
  .optional()
  .meta({ description: 'Seconds to wait before a retry', header: { id: 'RetryAfter', example: 1 } })

/** An answer in JSON, with a real example. */
export function answer<S extends z.ZodType>(
  description: string,
  schema: S,
  example: z.input<S>,
): ZodOpenApiResponseObject {
  return {
    description,
    headers: z.object({ 'X-Request-Id': REQUEST_ID }),
    content: { 'application/json': { schema, example } },
  }
}

/** @returns the responses that describe refusals, by status: the given ones, and the ones common to all routes. */
export function refusals(ofRoute: Refusal[]): Record<string, ZodOpenApiResponseObject> {
  const byStatus = Map.groupBy([...ofRoute, ...ANY_ROUTE], ({ example }) => example.status)
  return Object.fromEntries([...byStatus].map(([status, list]) => [String(status), describe(list)]))
}

function describe(list: Refusal[]): ZodOpenApiResponseObject {
  const examples = list.map(({ example }) => {
    const value = toDocument(example, EXAMPLE_REQUEST_ID)
    return [example.code, { summary: value.title, value }] as const
  })
  const isRetryable = list.some(({ example }) => 'Retry-After' in example.headers)
  return {
    description: list.map(({ example, when }) => `\`${example.code}\`: ${when}.`).join(' '),
    headers: z.object({
      'X-Request-Id': REQUEST_ID,
      ...(isRetryable ? { 'Retry-After': RETRY_AFTER } : {}),
    }),
    content: {
      [PROBLEM_CONTENT_TYPE]: {
        schema: schemaOf(list),
        examples: Object.fromEntries(examples),
      },
    },
  }
}

/** That of all refusals, or any of several: not every one has members of its own. */
function schemaOf(list: Refusal[]): z.ZodType {
  const [first = ProblemSchema, ...others] = new Set(list.map(({ schema = ProblemSchema }) => schema))
  return others.length > 0 ? z.union([first, ...others]) : first
}
