import { randomUUID } from 'node:crypto'
import type { Request, Response } from 'express'
import type { Access } from '../../primitives/access.ts'
import type { LogFields, RequestSpan } from '../telemetry/index.ts'

/** The facts about one request for its log line, metric and problem document. */
export interface RequestContext {
  requestId: string
  /** The pattern of the route that matched; a raw path would make a metric label of whatever a client types. */
  route: string
  /** Routes that machines ask every few seconds do not fill the log. */
  quiet: boolean
  /** Facts that a handler adds to the request's log line. */
  fields: LogFields
  /** On whose behalf the request acts. The route's guard sets it. */
  access: Access
  /** Where the request is traced. */
  span?: RequestSpan
  /** What made the answer a 5xx. */
  fault?: unknown
}

export const UNKNOWN_ROUTE = 'unknown'

const NO_ACCESS: Access = { isAdmin: false, isTest: false, isOpen: false, actor: '' }

/** Narrow on purpose: the header comes from outside and goes into logs and answers. */
const REQUEST_ID_SHAPE = /^[A-Za-z0-9._-]{1,64}$/

/** Gives the request its context, with the client's X-Request-Id when that is valid. */
export function openContext(request: Request, response: Response): void {
  const offered = request.headers['x-request-id']
  const requestId = typeof offered === 'string' && REQUEST_ID_SHAPE.test(offered) ? offered : randomUUID()
  const context: RequestContext = {
    requestId,
    route: UNKNOWN_ROUTE,
    quiet: false,
    fields: {},
    access: NO_ACCESS,
  }
  response.locals['context'] = context
}

export function contextOf(response: Response): RequestContext {
  return response.locals['context'] as RequestContext
}

/** Adds facts to the request's log line: the customer, the identifier that was given out. */
export function note(response: Response, fields: LogFields): void {
  Object.assign(contextOf(response).fields, fields)
}
