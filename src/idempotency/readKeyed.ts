import type { Request } from 'express'
import { Problem } from '../primitives/problem.ts'
import { fingerprint } from './fingerprint.ts'
import type { KeyScope, KeyedRequest } from './keptAnswer.ts'
import type { AnswerOf, Keyed } from './keyed.ts'
import { parseIdempotencyKey } from './parseKey.ts'

/**
 * Reads the Idempotency-Key of a request whose body is valid. @returns undefined when it has none.
 * @throws Problem 400 `malformed_idempotency_key`; nothing was changed.
 */
export function readKeyed<Done>(
  request: Request,
  scope: Omit<KeyScope, 'key'>,
  answerOf: AnswerOf<Done>,
): Keyed<Done> | undefined {
  const keyed = readKey(request, scope)
  return (
    keyed && {
      request: keyed,
      answerOf: (done) => {
        const { status, body } = answerOf(done)
        return { status, body: Buffer.from(JSON.stringify(body)) }
      },
    }
  )
}

/** The same where the answer is composed of several. */
export function readKey(request: Request, scope: Omit<KeyScope, 'key'>): KeyedRequest | undefined {
  const parsed = parseIdempotencyKey(request.get('idempotency-key'))
  if (parsed.kind === 'none') return undefined
  if (parsed.kind === 'malformed') throw malformedKey(parsed.reason)
  const print = fingerprint(request.body)
  if (!print) throw malformedKey('needs a body with well-formed texts and numbers')
  return { ...scope, key: parsed.key, fingerprint: print }
}

export function malformedKey(reason: string): Problem {
  return new Problem(400, 'malformed_idempotency_key', `Idempotency-Key ${reason}. Nothing was changed.`)
}

/** Another request used the key. */
export function keyReused(): Problem {
  return new Problem(
    422,
    'idempotency_key_reused',
    'Another request used this Idempotency-Key. Nothing was changed; use a new key for another request.',
  )
}
