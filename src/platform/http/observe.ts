import type { Request, Response } from 'express'
import { lineBudget } from '../telemetry/index.ts'
import type { LogFields, LogLevel, Logger, Metrics } from '../telemetry/index.ts'
import { contextOf } from './context.ts'
import { isStream } from './openStream.ts'
import type { RequestContext } from './context.ts'

/**
 * At 2,000 requests a second, one line each would cost more than a tenth of a core, so only this many a second are
 * logged at info and the rest at debug. Failures have a separate budget: when the database is unavailable, every
 * request fails for the same reason.
 */
const LINES_PER_SECOND_MAX = 20

/** The status counted when a client disconnects before its answer, as in nginx. */
const CLIENT_GONE = 499
export const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** @returns middleware that updates a request's metric and writes its single log line when the answer was sent. */
export function observeRequests(logger: Logger, { httpDuration }: Pick<Metrics, 'httpDuration'>) {
  const takeOrdinary = lineBudget(LINES_PER_SECOND_MAX)
  const takeFailure = lineBudget(LINES_PER_SECOND_MAX)

  function log(level: LogLevel, facts: LogFields): void {
    if (level === 'debug') {
      logger.debug('request', facts)
      return
    }
    const { granted, leftOut } = level === 'info' ? takeOrdinary() : takeFailure()
    if (!granted) logger.debug('request', facts)
    else logger[level]('request', leftOut > 0 ? { ...facts, lines_left_out: leftOut } : facts)
  }

  return (request: Request, response: Response): void => {
    const startedAtMs = performance.now()
    response.on('close', () => {
      const context = contextOf(response)
      const durationMs = performance.now() - startedAtMs
      const status = statusOf(response)
      const method = METHODS.has(request.method) ? request.method : 'OTHER'
      // A stream lasts as long as its client wants, which says nothing of how fast answers are.
      if (!isStream(response))
        httpDuration.observe({ method, route: context.route, status: String(status) }, durationMs / 1_000)
      log(levelOf(context, response.statusCode), {
        request_id: context.requestId,
        method,
        route: context.route,
        status,
        duration_ms: Math.round(durationMs * 10) / 10,
        ...context.fields,
        ...(context.fault === undefined ? {} : { error: context.fault }),
      })
    })
  }
}

/** Once the response is closed. */
export function statusOf(response: Response): number {
  return response.writableFinished ? response.statusCode : CLIENT_GONE
}

/** Only faults of this program are errors; an unavailable dependency is a warning. */
function levelOf(context: RequestContext, statusCode: number): LogLevel {
  if (context.fault !== undefined) return statusCode === 503 ? 'warn' : 'error'
  return context.quiet ? 'debug' : 'info'
}
