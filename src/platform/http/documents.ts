import { z } from 'zod'
import type { ZodOpenApiResponseObject } from 'zod-openapi'
import { PROBLEM_CONTENT_TYPE } from '../../primitives/problem.ts'

/** RFC 9457, as every refusal of this API looks. A problem of one route may have more members. */
export const ProblemSchema = z
  .object({
    type: z.string().meta({ description: 'A name for this kind of problem' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'One sentence for people' }),
    instance: z.string().meta({ description: 'A name for this one occurrence' }),
    code: z.string().meta({ description: 'Stable, for programs' }),
    request_id: z.string().meta({ description: 'The same as the header X-Request-Id, and as in the log' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({
        description: 'Each field that is wrong',
        example: [{ field: 'recipients[3]', message: 'is required' }],
      }),
  })
  .meta({ id: 'Problem' })

const headers = z.object({
  'X-Request-Id': z.string().meta({
    description: 'The request as the log knows it: yours if you sent a sane one',
    header: { id: 'RequestId' },
  }),
})

export function answer(description: string, schema: z.ZodType): ZodOpenApiResponseObject {
  return { description, headers, content: { 'application/json': { schema } } }
}

export function problem(description: string, schema: z.ZodType = ProblemSchema): ZodOpenApiResponseObject {
  return { description, headers, content: { [PROBLEM_CONTENT_TYPE]: { schema } } }
}

/** What any request may be refused with, wherever it goes: its head says enough. */
export const headProblems = {
  '400': problem('`malformed_request`: not valid HTTP/1.1, or not exactly one `Host`.'),
  '417': problem('`expectation_failed`: nothing but `Expect: 100-continue` can be expected.'),
  '421': problem('`unknown_host`: only this machine is served, and `Host` names something else.'),
  '431': problem('`too_many_headers`, `headers_too_large`: the head of the request is over a limit.'),
}

/** What every route that reads a request and asks the database may answer. */
export const commonProblems = {
  '400': problem(
    '`invalid_request`, `malformed_body`, `malformed_request`: the request is wrong, and nothing changed. `errors` says where.',
  ),
  '500': problem('`internal_error`: a fault of ours, recorded under the request id.'),
  '503': problem(
    'A part that is needed is away; `Retry-After` says when to try again. Nothing changed, except with the code ' +
      '`outcome_unknown`, which says what to ask for.',
  ),
}

/** What a route that reads a body may answer besides. */
export const bodyProblems = {
  '408': problem('`request_timeout`: the request did not arrive whole in time, and nothing changed.'),
  '413': problem('`body_too_large`: the body is over the limit.'),
  '415': problem('`unsupported_media_type`: the body is not application/json in UTF-8.'),
}
