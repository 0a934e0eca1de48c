import type { Express, NextFunction, Request, Response } from 'express'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { Problem } from '../../primitives/problem.ts'
import { setCommonHeaders } from './answer.ts'
import { contextOf } from './context.ts'
import { readJsonBody } from './jsonBody.ts'
import type { BodyBounds } from './readBody.ts'

/** Where a route is. */
interface Place {
  method: 'get' | 'post'
  path: string
  /** Asked by machines every few seconds: its successes are not worth a log line. */
  quiet?: boolean
}

/** What a route promises, for the OpenAPI document: made of the same schemas that validate. */
export interface Endpoint extends Place {
  operation: ZodOpenApiOperationObject
}

/** What a route does. */
export interface Route extends Place {
  /** Answers, or throws: a Problem becomes its document, Unavailable a 503, anything else a 500. */
  handle(request: Request, response: Response): Promise<void> | void
}

/** Puts the routes into the app; other methods on their paths are answered with 405 and what is allowed. */
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
    endpoint.all(refuseMethod(allowedMethods(atPath)))
  }
}

function allowedMethods(atPath: Route[]): string {
  const methods = atPath.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : ['POST']))
  return [...methods, 'OPTIONS'].join(', ')
}

function refuseMethod(allow: string) {
  return (request: Request, response: Response) => {
    if (request.method === 'OPTIONS') {
      setCommonHeaders(response)
      response.set('Allow', allow).status(204).end()
      return
    }
    throw new Problem(405, 'method_not_allowed', `This address answers ${allow} only.`, {
      headers: { Allow: allow },
    })
  }
}
