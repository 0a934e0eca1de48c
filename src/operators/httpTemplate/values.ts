import { segment } from '../../segments/index.ts'
import type { Encoding } from '../../segments/index.ts'
import type { Submission } from '../contract.ts'

/** What a placeholder of a message can name. */
export const MESSAGE_VALUES = [
  'to',
  'to_digits',
  'to_plus',
  'from',
  'text',
  'reference',
  'parts',
  'encoding',
] as const

export type MessageValue = (typeof MESSAGE_VALUES)[number]

/** A placeholder `{secret.NAME}` is a member of `secrets`. */
export const SECRET_PREFIX = 'secret.'

/** A message's values by the names of their placeholders; null for a sender that is left to the operator. */
export type Values = ReadonlyMap<string, string | number | null>

export interface ValueOptions {
  secrets: Record<string, string>
  /** The operator's words for the two encodings. */
  encodings: Record<Encoding, string>
}

export function valuesOf(submission: Submission, options: ValueOptions): Values {
  const { to, from, reference } = submission
  const digits = to.replace(/^\+/, '')
  const text = submission.text.toWellFormed()
  const { encoding, parts } = segment(text)
  const secrets = Object.entries(options.secrets).map(
    ([name, value]) => [SECRET_PREFIX + name, value] as const,
  )
  return new Map<string, string | number | null>([
    ['to', to],
    ['to_digits', digits],
    ['to_plus', `+${digits}`],
    ['from', from],
    ['text', text],
    ['reference', reference],
    ['parts', parts.length],
    ['encoding', options.encodings[encoding]],
    ...secrets,
  ])
}
