import { MESSAGE_ID_LENGTH_MAX } from './protocol.ts'

export interface Identifier {
  /** What is stored; null when nothing of it can be. */
  value: string | null
  /** Whether a receipt that carries it will be found by it. */
  readable: boolean
}

const READABLE = /^[\x21-\x7e]+$/
/** Every character set of a column takes these; one that it refuses would spoil the settlement of its neighbours. */
const STORABLE = /^[\x20-\x7e]+$/

/** Reads an operator's identifier of a message. Numbers arrive as their digits, see readJson. */
export function readIdentifier(raw: unknown): Identifier {
  if (typeof raw !== 'string' || !STORABLE.test(raw)) return { value: null, readable: false }
  return {
    value: raw.slice(0, MESSAGE_ID_LENGTH_MAX),
    readable: READABLE.test(raw) && raw.length <= MESSAGE_ID_LENGTH_MAX,
  }
}
