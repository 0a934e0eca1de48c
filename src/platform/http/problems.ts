import type { NextFunction, Request, Response } from 'express'
import { PROBLEM_CONTENT_TYPE, Problem, toDocument } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { answerText } from './answer.ts'
import { contextOf } from './context.ts'

export function refuseUnknownRoute(): never {
  throw new Problem(404, 'not_found', 'There is nothing at this address.')
}

/**
 * Express's last stop: makes an answer of whatever was thrown. Only a Problem and Unavailable speak to the client in
 * their own words; the words of any other error are for the log.
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
    // Half an answer cannot be taken back; a cut connection at least does not look like a whole one.
    response.destroy()
    return
  }
  const { status, headers } = problem
  const document = JSON.stringify(toDocument(problem, context.requestId))
  answerText(response, { status, type: `${PROBLEM_CONTENT_TYPE}; charset=utf-8`, headers }, document)
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Unavailable) {
    const headers = { 'Retry-After': String(Math.max(1, Math.ceil(error.retryAfterSeconds))) }
    return new Problem(503, error.code, error.message, { headers })
  }
  return (
    toClientFault(error) ??
    new Problem(500, 'internal_error', 'Something went wrong here. It has been recorded.')
  )
}

/**
 * What Express throws about a request, such as an address that is no UTF-8. Only errors that it marks as meant for the
 * client count: an error of ours may carry a status too, that of a server we asked.
 */
function toClientFault(error: unknown): Problem | undefined {
  const { status, expose } = (error ?? {}) as Partial<Record<string, unknown>>
  if (expose !== true || typeof status !== 'number' || status >= 500) return undefined
  return new Problem(status, 'malformed_request', 'The request could not be read.')
}
