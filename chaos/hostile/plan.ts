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

/** One message as a correct server parses it. */
export interface Message {
  /** Its answer has no body. */
  isHead?: boolean
  /** Its effect on the balance if it is answered with 200. Without an effect it must not be answered with 200. */
  effect?: Effect
  /** Whether it is answered with 200 without moving money: a GET, or a page. */
  isRead?: boolean
}

/** The actions of one client on one connection, determined by the seed and the index. */
export interface Plan {
  index: number
  kind: Kind
  /** A description of what is wrong with it. */
  note: string
  bytes: Buffer
  /** Bytes that follow one by one, until the server closes the connection. */
  drip?: { bytes: Buffer; everyMs: number }
  /** In order; the server may refuse to look at the later ones. */
  messages: Message[]
  /**
   * What the client does after sending: waits; ends its side if no answer comes soon; disconnects immediately or at the
   * answer's first byte; or stops reading for a while and then disconnects.
   */
  then: 'wait' | 'end' | 'leave' | 'leave at answer' | 'stop reading'
  /** From the connect to the last answer or the end of the connection. */
  boundMs: number
}

/** The part of a plan that the kind of request determines. */
export type Draft = Pick<Plan, 'note' | 'bytes' | 'messages'> &
  Partial<Pick<Plan, 'drip' | 'then' | 'boundMs'>>
