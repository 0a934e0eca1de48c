import type { Express, NextFunction, Request, Response } from 'express'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { Problem } from '../../primitives/problem.ts'
import { setCommonHeaders } from './answer.ts'
import { contextOf } from './context.ts'
import { readJsonBody } from './jsonBody.ts'
import type { BodyBounds } from './readBody.ts'

/** Who may call a route: `public` is for anyone, `customer` reads or spends one customer's money. */
export type Access = 'public' | 'customer'

/** One route, as it is served and documented. */
export interface Route {
  method: 'get' | 'post'
  path: string
  access: Access
  /** Polled by machines every few seconds: its successes are not worth a log line. */
  quiet?: boolean
  /** For the OpenAPI document, made of the schemas that validate. Without it the route is served and not documented. */
  operation?: ZodOpenApiOperationObject
  /** Answers, or throws: a Problem becomes its document, Unavailable a 503, anything else a 500. */
  handle(request: Request, response: Response): Promise<void> | void
}

/** Mounts the routes; other methods on their paths are answered with 405 and the allowed ones. */
export function mountRoutes(app: Express, routes: Route[], bodies: BodyBounds): void {
  const readBody = readJsonBody(bodies)
  for (const [path, atPath] of Map.groupBy(routes, (route) => route.path)) {
    const endpoint = app.route(path)
    endpoint.all((_request: Request, response: Response, next: NextFunction) => {
      const context = contextOf(response)
      context.route = path
      context.quiet = atPath.some((route) => route.quiet)
      next()
    })
    for (const route of atPath) {
      if (route.method === 'get') endpoint.get((request, response) => route.handle(request, response))
      else endpoint.post(readBody, (request, response) => route.handle(request, response))
    }
    endpoint.all(refuseMethod(atPath))
  }
}

function refuseMethod(atPath: Route[]) {
  const methods = atPath.map(({ method }) => method.toUpperCase())
  const allow = [
    ...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method)),
    'OPTIONS',
  ].join(', ')
  return (request: Request, response: Response) => {
    if (request.method === 'OPTIONS') {
      setCommonHeaders(response)
      response.set('Allow', allow).status(204).end()
      return
    }
    throw new Problem(405, 'method_not_allowed', `Method not allowed; use ${methods.join(' or ')}.`, {
      headers: { Allow: allow },
    })
  }
}
