import { createHash } from 'node:crypto'
import type { Place } from './readPart.ts'

/** Enough for the texts of any record to differ. */
const HASH_CHARACTERS = 22

/**
 * What the record calls a message that came over SMPP, which carries no reference of the client's: its number's digits
 * and a hash of its whole text, however it was cut and encoded. So a text that is to be told apart needs a mark in it.
 */
export function smppReference(to: string, text: string): string {
  const hash = createHash('sha256').update(text, 'utf16le').digest('base64url').slice(0, HASH_CHARACTERS)
  return `${to.replace(/^\+/, '')}:${hash}`
}

/** And one part of it. The same part of the same message under another reference is another part. */
export function smppPartReference(to: string, text: string, { reference, number, total }: Place): string {
  return `${smppReference(to, text)}:${reference}:${number}/${total}`
}
