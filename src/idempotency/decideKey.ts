import { scopeId } from './keptAnswer.ts'
import type { FirstAnswer, KeptAnswer, KeyedRequest, KnownKeys } from './keptAnswer.ts'

/**
 * - new: decide the request. If it succeeds, keep its answer with keepAnswer() and insertKeys().
 * - replay: give the first answer again; nothing moves, and limits do not apply.
 * - reused: another request used the key: 422 `idempotency_key_reused`.
 */
export type KeyDecision = { kind: 'new' } | { kind: 'replay'; answer: FirstAnswer } | { kind: 'reused' }

/** Decides one request of a batch under its customer's lock. `known`: what findKeys() found and the batch has kept. */
export function decideKey(known: KnownKeys, request: KeyedRequest): KeyDecision {
  const first = known.get(scopeId(request))
  if (!first) return { kind: 'new' }
  const { answer } = first
  if (!answer || !first.fingerprint.equals(request.fingerprint)) return { kind: 'reused' }
  return { kind: 'replay', answer }
}

/** Makes the answer known to the later requests of the batch. Refusals are not kept: they changed nothing. */
export function keepAnswer(
  known: KnownKeys,
  { fingerprint, identifier, status, body, ...scope }: KeptAnswer,
): void {
  known.set(scopeId(scope), { fingerprint, answer: { identifier, status, body } })
}
