import type { Express, NextFunction, Request, Response } from 'express'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { OPEN_ACCESS } from '../../primitives/access.ts'
import type { Access, Scope } from '../../primitives/access.ts'
import { Problem } from '../../primitives/problem.ts'
import { setCommonHeaders } from './answer.ts'
import { contextOf } from './context.ts'
import { readJsonBody } from './jsonBody.ts'
import { readRawBody } from './rawBody.ts'
import type { BodyBounds } from './readBody.ts'

/** Who may call a route: anyone, the key of a customer that has the scope, or the admin key. */
export type RouteAccess = 'public' | Scope | 'admin'

export type Method = 'get' | 'post' | 'patch' | 'delete'

/** One route, as it is served and documented. */
export interface Route {
  method: Method
  /** As Express reads it: `/v1/keys/:id`. */
  path: string
  access: RouteAccess
  /** Also served without a key, where the engine is open: seed 003's routes. */
  mayBeOpen?: boolean
  /** The body limits of this route, where they are not those of all routes. */
  body?: Pick<BodyBounds, 'bytesMax' | 'valuesMax'>
  /** The handler gets the body as it was sent, whatever its type: `request.body` is a Buffer. */
  hasRawBody?: boolean
  /** Decides who calls a public route, before its body is read. @throws Problem. */
  admit?(request: Request): void
  /** Polled by machines every few seconds: its successes are not worth a log line. */
  quiet?: boolean
  /** For the OpenAPI document, made of the schemas that validate. Without it the route is served and not documented. */
  operation?: ZodOpenApiOperationObject
  /** Answers, or throws: a Problem becomes its document, Unavailable a 503, anything else a 500. */
  handle(request: Request, response: Response, access: Access): Promise<void> | void
}

/**
 * Decides on whose behalf a request acts. @throws Problem 401, 403 or 429, and Unavailable when that cannot be decided.
 * It answers at once when it can, because a promise costs time on every request.
 */
export type Authorize = (
  request: Request,
  route: Pick<Route, 'access' | 'mayBeOpen'>,
) => Access | Promise<Access>

/**
 * Mounts the routes; other methods on their paths are answered with 405 and the allowed ones.
 * @throws Error for a route that needs a key where nothing checks keys.
 */
export function mountRoutes(
  app: Express,
  routes: Route[],
  { bodies, authorize }: { bodies: BodyBounds; authorize?: Authorize | undefined },
): void {
  for (const [path, atPath] of Map.groupBy(routes, (route) => route.path)) {
    const endpoint = app.route(path)
    endpoint.all((_request: Request, response: Response, next: NextFunction) => {
      const context = contextOf(response)
      context.route = path
      context.quiet = atPath.some((route) => route.quiet)
      next()
    })
    for (const route of atPath) {
      const guard = guardOf(route, authorize)
      const handle = (request: Request, response: Response) => {
        const { access, span } = contextOf(response)
        if (!span) return route.handle(request, response, access)
        return span.during(() => route.handle(request, response, access))
      }
      // Before the body is read, so that strangers occupy no memory.
      if (route.method === 'get' || route.method === 'delete') endpoint[route.method](guard, handle)
      else {
        const readBody = route.hasRawBody ? readRawBody : readJsonBody
        endpoint[route.method](guard, readBody(boundsOf(route, bodies)), handle)
      }
    }
    endpoint.all(refuseMethod(atPath))
  }
}

function boundsOf({ body }: Route, bodies: BodyBounds): BodyBounds {
  return { ...bodies, ...body }
}

function guardOf(route: Route, authorize?: Authorize) {
  if (route.access === 'public')
    return (request: Request, response: Response, next: NextFunction) => {
      contextOf(response).access = OPEN_ACCESS
      route.admit?.(request)
      next()
    }
  if (!authorize) throw new Error(`${route.path} needs a key, and nothing checks keys`)
  return (request: Request, response: Response, next: NextFunction) => {
    const admit = (access: Access) => {
      const context = contextOf(response)
      context.access = access
      if (access.key) context.fields['key_id'] = access.key.id
      next()
    }
    const access = authorize(request, route)
    return access instanceof Promise ? access.then(admit) : admit(access)
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
