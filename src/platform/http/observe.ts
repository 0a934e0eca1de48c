import type { Request, Response } from 'express'
import { lineBudget } from '../telemetry/index.ts'
import type { LogFields, LogLevel, Logger, Metrics } from '../telemetry/index.ts'
import { contextOf } from './context.ts'
import type { RequestContext } from './context.ts'

/**
 * At 2,000 requests a second a line each would cost more than a tenth of a core, so that info gets this many a second
 * and the rest goes to debug; rates are what metrics are for. Failures have a budget of their own: when the database
 * is away every request fails, and the first lines say all there is to know.
 */
const LINES_PER_SECOND_MAX = 20

/** What a client that left before its answer is counted as; nginx's number for it. */
const CLIENT_GONE = '499'
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** @returns what moves a request's metric and writes its one log line when the answer has gone out. */
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
      const status = response.writableFinished ? String(response.statusCode) : CLIENT_GONE
      const method = METHODS.has(request.method) ? request.method : 'OTHER'
      httpDuration.observe({ method, route: context.route, status }, durationMs / 1_000)
      log(levelOf(context, response.statusCode), {
        request_id: context.requestId,
        method,
        route: context.route,
        status: Number(status),
        duration_ms: Math.round(durationMs * 10) / 10,
        ...context.fields,
        ...(context.fault === undefined ? {} : { error: context.fault }),
      })
    })
  }
}

/** Error is for faults of ours alone; being unavailable is a state of the surroundings. */
function levelOf(context: RequestContext, statusCode: number): LogLevel {
  if (context.fault !== undefined) return statusCode === 503 ? 'warn' : 'error'
  return context.quiet ? 'debug' : 'info'
}
