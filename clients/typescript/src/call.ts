import { PLACES } from './api.ts'
import type { Operations } from './api.ts'
import { NoAnswerError, ProblemError, UnexpectedAnswerError } from './errors.ts'
import type { CallFacts, ChaparError } from './errors.ts'
import { repeat } from './repeat.ts'
import type { Settings } from './settings.ts'
import { tryOnce } from './tryOnce.ts'
import type { Failure, WireRequest } from './tryOnce.ts'

export type OperationId = keyof Operations

export interface CallOptions {
  /** Ends the call, its waits included. The call then throws the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Of a call that moves money. */
export interface KeyedOptions extends CallOptions {
  /** A key of your own, such as the number of an order, which also makes repeats by another process safe. */
  idempotencyKey?: string | undefined
}

export type Input<Id extends OperationId> = Omit<Operations[Id], 'answer'>

/** Calls any operation of the API. @throws ChaparError */
export type Call = <Id extends OperationId>(
  operation: Id,
  input: Input<Id>,
  options?: KeyedOptions,
) => Promise<Operations[Id]['answer']>

/** It reads, although it is a POST. */
const READING: OperationId[] = ['quoteMessage']

export function openCall(settings: Settings): Call {
  return async (operation, input, { signal, idempotencyKey } = {}) => {
    if (!Object.hasOwn(PLACES, operation)) throw new TypeError(`no such operation: ${operation}`)
    const { method, isKeyed } = PLACES[operation]
    // Chosen once, before the first try: every repeat has the same.
    const key = isKeyed ? (idempotencyKey ?? crypto.randomUUID()) : undefined
    const request = toRequest(settings, operation, input, key)
    const { result, attempts, mayHaveSucceeded } = await repeat(
      () => tryOnce(request, { fetch: settings.fetch, timeoutMs: settings.timeoutMs, signal }),
      { ...settings, signal, isRepeatable: method !== 'POST' || isKeyed || READING.includes(operation) },
    )
    if (result.kind === 'answer') return result.body as Operations[typeof operation]['answer']
    throw toError(result, { operation, attempts, idempotencyKey: key, mayHaveSucceeded })
  }
}

interface AnyInput {
  path?: Record<string, string>
  query?: Record<string, string | number | boolean | undefined>
  body?: object
}

/** @throws TypeError for what cannot be sent. */
function toRequest(
  { baseUrl, apiKey }: Settings,
  operation: OperationId,
  input: AnyInput,
  idempotencyKey: string | undefined,
): WireRequest {
  const { method, path } = PLACES[operation]
  const url = new URL(baseUrl + path.replace(/\{(\w+)\}/g, (_, name: string) => segment(input.path?.[name])))
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value))
  const headers = new Headers({ Authorization: `Bearer ${apiKey}` })
  if (idempotencyKey !== undefined) headers.set('Idempotency-Key', idempotencyKey)
  if (input.body) headers.set('Content-Type', 'application/json')
  return { url: url.href, method, headers, body: input.body && JSON.stringify(input.body) }
}

/** An empty one, or dots, would be another path and so another operation. */
function segment(value: string | undefined): string {
  if (!/^[\w-]+$/.test(value ?? '')) throw new TypeError(`not an identifier: ${JSON.stringify(value)}`)
  return String(value)
}

function toError(failure: Failure, facts: CallFacts): ChaparError {
  switch (failure.kind) {
    case 'problem':
      return new ProblemError(failure.problem, failure.retryAfterSeconds, facts)
    case 'no_answer':
      return new NoAnswerError(failure.cause, facts)
    case 'unexpected':
      return new UnexpectedAnswerError(failure.status, failure.text, facts)
  }
}
