import express from 'express'
import type { Express } from 'express'
import type { Logger, Metrics } from '../telemetry/index.ts'
import { openBodyBudget } from './bodyBudget.ts'
import { headChecker } from './checkHead.ts'
import { openContext } from './context.ts'
import { BODIES_BYTES_MAX } from './connectionLimits.ts'
import { VALUES_MAX } from './hasTooManyValues.ts'
import { observeRequests } from './observe.ts'
import { answerProblem, refuseUnknownRoute } from './problems.ts'
import { mountRoutes } from './route.ts'
import type { Authorize, Route } from './route.ts'
import { swaggerRoutes } from './swagger.ts'
import { traceRequest } from './traceRequest.ts'
import { withoutApiPrefix } from './withoutApiPrefix.ts'

export interface AppOptions {
  logger: Logger
  metrics: Pick<Metrics, 'httpDuration'>
  routes: Route[]
  /** Checks keys; needed where a route is not public. */
  authorize?: Authorize
  /** Bodies above it are answered with 413. */
  bodyBytesMax: number
  /** The bound on all bodies that are being read; a body beyond it is answered with 503. */
  bodiesBytesMax?: number
  /** Given where this machine alone is served: the address or name that is listened on. */
  ownHost?: string
  /** Served at /openapi.json, with a page to read and try it at /swagger/index.html. */
  openapi?: object
}

/** The application: a request gets its context, is observed, finds its route, and every fault becomes a problem. */
export function createApp(options: AppOptions): Express {
  const {
    logger,
    metrics,
    routes,
    authorize,
    bodyBytesMax,
    bodiesBytesMax = BODIES_BYTES_MAX,
    ownHost,
    openapi,
  } = options
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')

  const observe = observeRequests(logger, metrics)
  const checkHead = headChecker(ownHost)
  // One middleware for all, because each one costs time on every request.
  app.use((request, response, next) => {
    openContext(request, response)
    observe(request, response)
    traceRequest(request, response)
    checkHead(request)
    request.url = withoutApiPrefix(request.url)
    next()
  })
  const bodies = { bytesMax: bodyBytesMax, valuesMax: VALUES_MAX, budget: openBodyBudget(bodiesBytesMax) }
  mountRoutes(app, openapi ? [...routes, ...swaggerRoutes(openapi)] : routes, { bodies, authorize })
  app.use(refuseUnknownRoute)
  app.use(answerProblem)
  return app
}
