import type { z } from 'zod'
import { Problem } from '../../primitives/problem.ts'
import { formatCount } from '../../primitives/text.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { invalidCursor, refusalOf } from './input.ts'
import type { Synonyms } from './input.ts'
import { HEADERS_MAX, HTTP_LIMITS } from './connectionLimits.ts'
import { VALUES_MAX } from './hasTooManyValues.ts'
import { toProblem } from './problems.ts'

/** One code that a route may refuse a request with. */
export interface Refusal {
  /** The condition, without a full stop. */
  when: string
  /** As it is thrown. */
  example: Problem
  /** Where the problem has members of its own. */
  schema?: z.ZodType
}

/** Found before a route is looked up. */
export const ANY_ROUTE: Refusal[] = [
  {
    when: 'not valid HTTP/1.1, or not exactly one `Host` header',
    example: new Problem(400, 'malformed_request', 'HTTP/1.1 needs exactly one header Host.'),
  },
  {
    when: 'an `Expect` header other than `100-continue`',
    example: new Problem(417, 'expectation_failed', 'Nothing but 100-continue can be expected here.'),
  },
  {
    when: 'only this machine is served, and the `Host` header names something else',
    example: new Problem(
      421,
      'unknown_host',
      'Only this machine is served, by an IP address or as localhost; the header Host names something else.',
    ),
  },
  {
    when: `more than ${HEADERS_MAX} headers`,
    example: new Problem(431, 'too_many_headers', `There are more than ${HEADERS_MAX} headers.`),
  },
  {
    when: `the head of the request is longer than ${HTTP_LIMITS.headBytesMax} bytes, or has more than ${HEADERS_MAX + 1} headers`,
    example: new Problem(431, 'headers_too_large', 'The address and the headers are too long.'),
  },
]

/** Of a route that validates its input; the example is what this wrong input is answered with. */
export function invalidInput(schema: z.ZodObject, wrong: object, synonyms: Synonyms = {}): Refusal {
  return {
    when: 'fields are missing or wrong; `errors` lists them',
    example: refusalOf({ schema, input: wrong, synonyms }, 'field'),
  }
}

/** The same of its query. */
export function invalidQuery(schema: z.ZodObject, wrong: object, synonyms: Synonyms = {}): Refusal {
  return {
    when: 'parameters are missing or wrong; `errors` lists them',
    example: refusalOf({ schema, input: wrong, synonyms }, 'parameter'),
  }
}

/** Of a route that reads a page of a list. */
export const LIST: Refusal[] = [
  { when: '`cursor` is not the `next_cursor` of this list', example: invalidCursor() },
]

/** Of a route that reads a body. */
export const BODY: Refusal[] = [
  {
    when: 'the body is not a JSON object in UTF-8',
    example: new Problem(400, 'malformed_body', 'The body is not valid JSON.'),
  },
  {
    when: `the request did not arrive within ${HTTP_LIMITS.requestTimeoutMs / 1_000} seconds`,
    example: new Problem(408, 'request_timeout', 'The request did not arrive whole in time.'),
  },
  {
    when: `the body is longer than the limit, 1 MiB by default, or has more than ${formatCount(VALUES_MAX)} values`,
    example: new Problem(413, 'body_too_large', 'The body is larger than 1048576 bytes.'),
  },
  {
    when: 'the body is not `application/json`, not UTF-8 or compressed',
    example: new Problem(415, 'unsupported_media_type', 'The body has to be JSON, sent as application/json.'),
  },
  {
    when: 'too many requests are waiting, or being received',
    example: toProblem(
      new Unavailable('overloaded', 'Too much is being received at this moment. Nothing was changed.'),
    ),
  },
]

/** Of a route that reads the database. */
export const DATABASE: Refusal[] = [
  { when: 'an internal error, logged under the request id', example: toProblem(undefined) },
  {
    when: 'the database cannot be reached',
    example: toProblem(
      new Unavailable('database_unavailable', 'The database cannot be reached at the moment.'),
    ),
  },
]

/** Of a route that writes to the database. */
export const TRANSACTION: Refusal[] = [
  ...DATABASE,
  {
    when: 'the transaction was rolled back as often as it may be retried',
    example: toProblem(new Unavailable('database_busy', 'The database is too busy at the moment.')),
  },
]
