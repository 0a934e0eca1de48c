import type { KeyedRequest } from './keptAnswer.ts'

/** A request under an idempotency key: its answer is stored by the transaction that moves the money. */
export interface Keyed<Done> {
  request: KeyedRequest
  /** The first answer, byte for byte. */
  answerOf(done: Done): { status: number; body: Buffer }
}

/** What a request that succeeded is answered with. */
export type AnswerOf<Done> = (done: Done) => { status: number; body: object }
