import { z } from 'zod'
import { elseSay, storableText } from '../../platform/http/index.ts'
import type { Region } from '../../numbers/index.ts'
import { formatCount } from '../../primitives/text.ts'

/** What a message on `/v1` may be. */
export interface V1Limits {
  /** Recipients of one request, counted before equal ones are removed. */
  recipientsMax: number
  /** Parts of one text. At most 10, which fit the column of texts whatever their encoding. */
  partsMax: number
  /** Where numbers may be written without their calling code; their digits stay as they are without it. */
  region?: Region | undefined
  /** The number format of one country or operator: the whole normalized number has to match. */
  recipientPattern?: RegExp | undefined
  /** A callback_url may be plain http or a private address, for development. */
  allowsPrivate?: boolean | undefined
}

/** Names that other SMS APIs, and seed 003's routes, use. */
export const V1_SYNONYMS = {
  to: ['recipients', 'recipient', 'numbers', 'phones', 'receptors'],
  text: ['message', 'body', 'content', 'msg'],
  type: ['class', 'priority'],
}

/**
 * The parts decide how long a text may be, and the refusal counts them. This many characters bound the work; the longest
 * text of ten parts has 1,530.
 */
const TEXT_CHARS_MAX = 16_000

/** The fields that a message and its quote share, for a `z.strictObject`: a misspelt option must not be left out silently. */
export function v1Fields({ recipientsMax, partsMax }: V1Limits) {
  return {
    to: z.preprocess((value, check) => checkTo(value, check, recipientsMax), toSchema(recipientsMax)),
    text: storableText(1, TEXT_CHARS_MAX).meta({
      description: `At most ${partsMax} parts: 160 characters of GSM 7 bit or 153 a part, 70 UTF-16 code units or 67 a part otherwise`,
      examples: ['Your parcel arrives today.'],
    }),
    type: z
      .enum(['normal', 'express'])
      .default('normal')
      .meta({ description: '`express` is sent ahead of all `normal` traffic, at a higher price' }),
    smart_encoding: z.boolean(elseSay('must be true or false')).default(false).meta({
      description:
        'Replace typographic look-alikes, such as curly quotes, if that makes the whole text GSM 7 bit',
    }),
  }
}

function toSchema(recipientsMax: number) {
  return z.union([z.string(), z.array(z.string()).min(1).max(recipientsMax)]).meta({
    description: `One number, or a list of up to ${formatCount(recipientsMax)}. Equal numbers get one message, and are charged once`,
    examples: [['+989120000001', '+14155550100'], '+14155550100'],
  })
}

const NUMBER = 'must be a string, such as "+989120000001"'

/** Checked by hand: a union would only say that nothing matched, and a JSON number is never turned into a string. */
function checkTo(value: unknown, check: z.core.$RefinementCtx, recipientsMax: number): unknown {
  const refuse = (message: string, path: number[] = []) => {
    check.addIssue({ code: 'custom', message, path })
    return z.NEVER
  }
  if (typeof value === 'string') return value
  if (value === undefined) return refuse('is required')
  if (!Array.isArray(value)) return refuse(`${NUMBER}, or a list of such strings`)
  if (value.length === 0) return refuse('must contain at least one recipient')
  if (value.length > recipientsMax) {
    const [most, got] = [formatCount(recipientsMax), formatCount(value.length)]
    return refuse(`must contain at most ${most} recipients, got ${got}`)
  }
  for (const [index, one] of value.entries()) if (typeof one !== 'string') refuse(NUMBER, [index])
  return value
}
