import type { Problem, ProblemCode } from './api.ts'

/** What is known of a call that failed. */
export interface CallFacts {
  operation: string
  /** Tries that were made. */
  attempts: number
  /** Of a call that moves money: repeat it with this key, and it is charged once. */
  idempotencyKey: string | undefined
  /** The answer of at least one try is not known, so that the call may have taken effect. */
  mayHaveSucceeded: boolean
}

/** Why a call failed. It is a ProblemError, a NoAnswerError or an UnexpectedAnswerError. */
export abstract class ChaparError extends Error implements CallFacts {
  readonly operation: string
  readonly attempts: number
  readonly idempotencyKey: string | undefined
  readonly mayHaveSucceeded: boolean

  constructor(message: string, facts: CallFacts, options?: ErrorOptions) {
    super(`${facts.operation}: ${message}`, options)
    this.operation = facts.operation
    this.attempts = facts.attempts
    this.idempotencyKey = facts.idempotencyKey
    this.mayHaveSucceeded = facts.mayHaveSucceeded
  }
}

/** Chapar refused the call, and said why. */
export class ProblemError extends ChaparError {
  override readonly name = 'ProblemError'
  /** For programs. A newer server may know codes that this client does not. */
  readonly code: ProblemCode | (string & {})
  /** The HTTP status. */
  readonly status: number
  /** For people, in a sentence. */
  readonly detail: string
  /** The wrong fields, if it is about fields. */
  readonly errors: NonNullable<Problem['errors']>
  readonly retryAfterSeconds: number | undefined
  /** As the server logged it. */
  readonly requestId: string
  /** The whole document: some problems have members of their own, such as `shortfall`. */
  readonly problem: Problem & Record<string, unknown>

  constructor(problem: ProblemError['problem'], retryAfterSeconds: number | undefined, facts: CallFacts) {
    super(`${problem.detail} (${problem.status} ${problem.code})`, facts)
    this.code = problem.code
    this.status = problem.status
    this.detail = problem.detail
    this.errors = problem.errors ?? []
    this.retryAfterSeconds = retryAfterSeconds
    this.requestId = problem.request_id
    this.problem = problem
  }
}

/** No answer arrived: the connection failed or was cut, or the time was over. `cause` is what `fetch` threw. */
export class NoAnswerError extends ChaparError {
  override readonly name = 'NoAnswerError'

  constructor(cause: unknown, facts: CallFacts) {
    super('no answer arrived', facts, { cause })
  }
}

/** An answer that Chapar does not give, probably by a proxy in front of it. */
export class UnexpectedAnswerError extends ChaparError {
  override readonly name = 'UnexpectedAnswerError'
  readonly status: number
  /** How the body begins. */
  readonly body: string

  constructor(status: number, text: string, facts: CallFacts) {
    super(`an answer with status ${status} that is not Chapar's`, facts)
    this.status = status
    this.body = text.slice(0, SHOWN_CHARS_MAX)
  }
}

/** Enough to recognise the page of a proxy. */
const SHOWN_CHARS_MAX = 500
