/**
 * A dependency is unavailable for now and nothing was changed. HTTP answers with 503 and Retry-After; a loop backs off.
 */
export class Unavailable extends Error {
  readonly code: string
  readonly retryAfterSeconds: number

  constructor(code: string, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause })
    this.name = 'Unavailable'
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1
  }
}
