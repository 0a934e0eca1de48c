import type { ProblemCode } from './api.ts'
import type { Settings } from './settings.ts'
import type { Failure, TryResult } from './tryOnce.ts'

const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 10_000

export interface RepeatOptions extends Pick<Settings, 'attemptsMax' | 'waitMsMax' | 'sleep' | 'random'> {
  /** Carried out twice, the call has the effect of once. */
  isRepeatable: boolean
  signal: AbortSignal | undefined
}

/** How a call ended. */
export interface Repeated {
  result: TryResult
  attempts: number
  mayHaveSucceeded: boolean
}

/** Tries until there is an answer, a failure that a repeat cannot mend or may not be repeated, or no attempt left. */
export async function repeat(attempt: () => Promise<TryResult>, options: RepeatOptions): Promise<Repeated> {
  let mayHaveSucceeded = false
  for (let attempts = 1; ; attempts++) {
    const result = await attempt()
    if (result.kind === 'answer') return { result, attempts, mayHaveSucceeded: true }
    mayHaveSucceeded ||= isOutcomeUnknown(result)
    const waitMs = attempts < options.attemptsMax ? waitBeforeRepeat(result, attempts, options) : undefined
    if (waitMs === undefined) return { result, attempts, mayHaveSucceeded }
    await options.sleep(waitMs, options.signal)
  }
}

/** A bulk that was interrupted may have been accepted in part. */
const UNKNOWN_CODES: string[] = ['outcome_unknown', 'bulk_incomplete'] satisfies ProblemCode[]

/** A gateway answers with 502 or 504 also when the request had reached the server behind it. */
function isOutcomeUnknown(failure: Failure): boolean {
  if (failure.kind === 'no_answer') return true
  if (failure.kind === 'unexpected') return failure.status < 300 || failure.status >= 500
  return failure.problem.status === 500 || UNKNOWN_CODES.includes(failure.problem.code)
}

/** @returns milliseconds, never 0; undefined when the call must not be repeated, or not so soon. */
function waitBeforeRepeat(
  failure: Failure,
  attempts: number,
  { isRepeatable, waitMsMax, random }: RepeatOptions,
): number | undefined {
  if (!mayRepeat(failure, isRepeatable)) return undefined
  const afterSeconds = failure.kind === 'no_answer' ? undefined : failure.retryAfterSeconds
  // Clients that were refused together would otherwise come back together.
  if (afterSeconds !== undefined) {
    const waitMs = afterSeconds * 1_000
    return waitMs > waitMsMax ? undefined : waitMs + random() * BACKOFF_MS_MIN
  }
  const ceilingMs = Math.min(BACKOFF_MS_MAX, waitMsMax, BACKOFF_MS_MIN * 2 ** (attempts - 1))
  return ceilingMs / 2 + (random() * ceilingMs) / 2
}

const GATEWAY_STATUSES = [429, 502, 503, 504]

function mayRepeat(failure: Failure, isRepeatable: boolean): boolean {
  if (failure.kind === 'no_answer') return isRepeatable
  if (failure.kind === 'unexpected') return isRepeatable && GATEWAY_STATUSES.includes(failure.status)
  const { status } = failure.problem
  // A 503 with Retry-After changed nothing. One without may have: then only what is safe to repeat is repeated.
  return status === 429 || (status === 503 && (isRepeatable || failure.retryAfterSeconds !== undefined))
}
