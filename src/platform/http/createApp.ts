import express from 'express'
import type { Express } from 'express'
import type { Logger, Metrics } from '../telemetry/index.ts'
import { openContext } from './context.ts'
import { observeRequests } from './observe.ts'
import { answerProblem, refuseUnknownRoute } from './problems.ts'
import { mountRoutes } from './route.ts'
import type { Route } from './route.ts'
import { swaggerRoutes } from './swagger.ts'

export interface AppOptions {
  logger: Logger
  metrics: Pick<Metrics, 'httpDuration'>
  routes: Route[]
  /** Bodies above it are answered with 413. */
  bodyBytesMax: number
  /** Served at /openapi.json, with a page to read and try it at /swagger/index.html. */
  openapi?: object
}

/** The application: a request gets its context, is observed, finds its route, and every fault becomes a problem. */
export function createApp({ logger, metrics, routes, bodyBytesMax, openapi }: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')

  const observe = observeRequests(logger, metrics)
  // One step for both, because each that Express takes costs time on every request.
  app.use((request, response, next) => {
    openContext(request, response)
    observe(request, response)
    next()
  })
  mountRoutes(app, openapi ? [...routes, ...swaggerRoutes(openapi)] : routes, bodyBytesMax)
  app.use(refuseUnknownRoute)
  app.use(answerProblem)
  return app
}
