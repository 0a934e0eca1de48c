import type { NextFunction, Request, Response } from 'express'
import { PROBLEM_CONTENT_TYPE, Problem, toDocument } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { answerText } from './answer.ts'
import { contextOf } from './context.ts'

export function refuseUnknownRoute(): never {
  throw new Problem(404, 'not_found', 'No such route.')
}

/**
 * Express's error handler: answers every thrown error. Only a Problem and Unavailable have messages for the client; the
 * message of any other error is for the log.
 */
export function answerProblem(
  error: unknown,
  _request: Request,
  response: Response,
  _next: NextFunction,
): void {
  const problem = toProblem(error)
  const context = contextOf(response)
  context.fields['code'] = problem.code
  if (problem.status >= 500) context.fault = error
  if (response.headersSent) {
    // A partial answer cannot be replaced. A cut connection at least does not look like a complete answer.
    response.destroy()
    return
  }
  const { status, headers } = problem
  const document = JSON.stringify(toDocument(problem, context.requestId))
  answerText(response, { status, type: `${PROBLEM_CONTENT_TYPE}; charset=utf-8`, headers }, document)
}

/** @returns the problem that a client sees for a thrown error. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Unavailable) {
    const headers = { 'Retry-After': String(Math.max(1, Math.ceil(error.retryAfterSeconds))) }
    return new Problem(503, error.code, error.message, { headers })
  }
  return (
    toClientFault(error) ??
    new Problem(500, 'internal_error', 'An internal error occurred. It is logged under this request_id.')
  )
}

/**
 * Errors of Express about a request, such as a path that is not UTF-8, which comes as an unmarked URIError. Of all
 * others only errors marked by it as meant for the client count: an internal error may carry a status too, that of a
 * server we called.
 */
function toClientFault(error: unknown): Problem | undefined {
  const { status, expose } = (error ?? {}) as Partial<Record<string, unknown>>
  const isMeant = expose === true || error instanceof URIError
  if (!isMeant || typeof status !== 'number' || status >= 500) return undefined
  return new Problem(status, 'malformed_request', 'The request could not be read.')
}
