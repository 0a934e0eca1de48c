import type { Request } from 'express'
import { fingerprint, parseIdempotencyKey } from '../../idempotency/index.ts'
import type { KeyScope } from '../../idempotency/index.ts'
import { Problem } from '../../primitives/problem.ts'
import type { Accepted, Keyed } from '../types.ts'

/** What an accepted request is answered with. */
export type AnswerOf = (accepted: Accepted) => { status: number; body: object }

/**
 * Reads the Idempotency-Key of a request whose body is valid. @returns undefined when it has none.
 * @throws Problem 400 `malformed_idempotency_key`; nothing was changed.
 */
export function readKeyed(
  request: Request,
  scope: Omit<KeyScope, 'key'>,
  answerOf: AnswerOf,
): Keyed | undefined {
  const parsed = parseIdempotencyKey(request.get('idempotency-key'))
  if (parsed.kind === 'none') return undefined
  if (parsed.kind === 'malformed') throw malformedKey(parsed.reason)
  const print = fingerprint(request.body)
  if (!print) throw malformedKey('needs a body with well-formed texts and numbers')
  return {
    request: { ...scope, key: parsed.key, fingerprint: print },
    answerOf: (accepted) => {
      const { status, body } = answerOf(accepted)
      return { status, body: Buffer.from(JSON.stringify(body)) }
    },
  }
}

export function malformedKey(reason: string): Problem {
  return new Problem(400, 'malformed_idempotency_key', `Idempotency-Key ${reason}. Nothing was charged.`)
}
