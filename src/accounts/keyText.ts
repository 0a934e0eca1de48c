import { hash, randomBytes } from 'node:crypto'
import type { KeyMode } from '../primitives/access.ts'

/** As many as SHA-256 has. They cannot be tried out, so the hash needs neither salt nor rounds. */
const RANDOM_BYTES = 32
const HINT_CHARS = 4
/** Longer than any key; what is longer is not hashed. */
export const KEY_CHARS_MAX = 200

/** A new key in its three forms. The text is shown once and kept nowhere. */
export interface KeyText {
  text: string
  hash: Buffer
  hint: string
}

/** @returns a new random key. Its beginning says whose it is and its mode, for people and for scanners of leaked keys. */
export function makeKey(mode: KeyMode): KeyText {
  const prefix = `chapar_${mode}_`
  const text = prefix + randomBytes(RANDOM_BYTES).toString('base64url')
  return { text, hash: hashKey(text), hint: `${prefix}...${text.slice(-HINT_CHARS)}` }
}

/** @returns SHA-256 of the key's UTF-8 bytes, as the table holds it: every letter counts with its case. */
export function hashKey(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
