import { storableText } from '../platform/http/index.ts'

/** The size of the ledger's column. */
const DESCRIPTION_CHARS_MAX = 255

/** The member of a request that says what money was added for. */
export function topUpDescription(example: string) {
  return storableText(0, DESCRIPTION_CHARS_MAX)
    .default('')
    .meta({ description: 'For the ledger; length in Unicode code points', examples: [example] })
}
