import { z } from 'zod'
import { elseSay, storableText } from '../../platform/http/index.ts'

const CLIENT_REFERENCE_CHARS_MAX = 64
/** As many of the longest as the column of tags holds. */
const TAGS_MAX = 5
const TAG_CHARS_MAX = 32

export function clientReference() {
  return storableText(1, CLIENT_REFERENCE_CHARS_MAX)
}

export function tag() {
  return storableText(1, TAG_CHARS_MAX)
}

/** What a customer may call a message, to find it by. */
export const LABELS = {
  client_reference: clientReference()
    .optional()
    .meta({
      description: 'Your own name for it, to find it by; it need not be unique',
      examples: ['order-1843'],
    }),
  tags: z
    .array(tag(), elseSay('must be an array of strings, such as ["shop"]'))
    .max(TAGS_MAX, `must contain at most ${TAGS_MAX} tags`)
    .refine((tags) => new Set(tags).size === tags.length, 'must contain each tag once')
    .optional()
    .meta({ description: 'Your own words on it, to find it by', examples: [['shop']] }),
}
