import type { Request, Response } from 'express'
import { maskNumbersIn } from '../../primitives/privacy.ts'
import { isTracing, openRequestSpan } from '../telemetry/index.ts'
import { contextOf, note } from './context.ts'
import { METHODS, statusOf } from './observe.ts'

/** Polled every few seconds; their spans would bury those of customers. */
const UNTRACED_PATHS = new Set(['/metrics', '/healthz', '/readyz'])

/** Gives a request its span, in the client's trace if it names one, until its answer is sent. */
export function traceRequest(request: Request, response: Response): void {
  if (!isTracing() || UNTRACED_PATHS.has(request.path)) return
  const span = openRequestSpan(request.headers['traceparent'])
  if (!span) return
  const requestContext = contextOf(response)
  requestContext.span = span
  note(response, span.fields)
  response.on('close', () => {
    const method = METHODS.has(request.method) ? request.method : '_OTHER'
    const status = statusOf(response)
    span.end(`${method} ${requestContext.route}`, {
      attributes: {
        'http.request.method': method,
        'http.route': requestContext.route,
        // Without the query, which may have a secret or a telephone number.
        'url.path': maskNumbersIn(request.path),
        'url.scheme': request.protocol,
        'http.response.status_code': status,
      },
      error: status >= 500 ? String(status) : undefined,
    })
  })
}
