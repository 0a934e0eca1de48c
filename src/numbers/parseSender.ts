import { z } from 'zod'
import { elseSay } from '../platform/http/index.ts'
import { RECIPIENT_SHAPE } from '../primitives/address.ts'

/**
 * A name of 2 to 11 characters, as an alphanumeric address holds (3GPP TS 23.040, 9.1.2.5), with a letter in it. Only
 * characters that handsets and operators show alike.
 */
const NAME = /^(?=.*[A-Za-z])[A-Za-z0-9&._-][A-Za-z0-9 &._-]{0,9}[A-Za-z0-9&._-]$/
/** As a document says it, for names and numbers. */
const PATTERN = `${NAME.source}|${RECIPIENT_SHAPE.source}`

export type Sender =
  | { kind: 'name' | 'number'; sender: string }
  | {
      kind: 'fault'
      /** What the sender must be, as a message about the field. */
      fault: string
    }

/** Reads `from`: a name or a number in the shape of a recipient. Nothing is trimmed or normalized. */
export function parseSender(text: string): Sender {
  if (RECIPIENT_SHAPE.test(text)) return { kind: 'number', sender: text }
  if (NAME.test(text)) return { kind: 'name', sender: text }
  return {
    kind: 'fault',
    fault:
      'must be 2 to 11 letters, digits, inner spaces or & . - _ with at least one letter, or a number of 5 to 15 digits',
  }
}

/** A sender in a body. */
export function senderText() {
  return z
    .string(elseSay('must be a string'))
    .superRefine((text, check) => {
      const parsed = parseSender(text)
      if (parsed.kind === 'fault') check.addIssue({ code: 'custom', message: parsed.fault })
    })
    .meta({ pattern: PATTERN })
}
