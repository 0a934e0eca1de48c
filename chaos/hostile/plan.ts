import type { Effect } from './effect.ts'

export const KINDS = [
  'valid',
  'fields',
  'json',
  'encoding',
  'framing',
  'headers',
  'target',
  'bytes',
  'leaving',
  'slow',
] as const
export type Kind = (typeof KINDS)[number]

/** One message as a correct server reads it out of the bytes. */
export interface Message {
  /** Its answer has no body. */
  isHead?: boolean
  /** What it does to the money if it is answered with 200; without one it must not be. */
  effect?: Effect
  /** Answers 200 without moving money: a GET, or a page. */
  isRead?: boolean
}

/** What one client does on one connection. The seed and the index decide it whole. */
export interface Plan {
  index: number
  kind: Kind
  /** What is wrong with it, for people. */
  note: string
  bytes: Buffer
  /** Bytes that follow one by one, until the server has had enough. */
  drip?: { bytes: Buffer; everyMs: number }
  /** In order; the server may refuse to look at the later ones. */
  messages: Message[]
  /**
   * What the client does when all is written: waits; says that nothing will follow, if no answer comes soon; leaves
   * at once, or at the answer's first byte; or reads no further for a while and then leaves.
   */
  then: 'wait' | 'end' | 'leave' | 'leave at answer' | 'stop reading'
  /** From the connection to the last answer, or to its end. */
  boundMs: number
}

/** What a kind of request decides; the rest follows. */
export type Draft = Pick<Plan, 'note' | 'bytes' | 'messages'> &
  Partial<Pick<Plan, 'drip' | 'then' | 'boundMs'>>
