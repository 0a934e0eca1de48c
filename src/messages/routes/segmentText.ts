import { invalidField } from '../../platform/http/index.ts'
import { formatCount } from '../../primitives/text.ts'
import { segment } from '../../segments/index.ts'
import type { Segmented } from '../../segments/index.ts'

/**
 * Cuts the text of a request into its parts.
 *
 * @throws Problem 400 that counts the parts when there are more than `partsMax`.
 */
export function segmentText(
  text: string,
  { smartEncoding, partsMax }: { smartEncoding: boolean; partsMax: number },
): Segmented {
  const segmented = segment(text, { smartEncoding })
  const parts = segmented.parts.length
  if (parts > partsMax) {
    const alphabet = segmented.encoding === 'gsm7' ? 'GSM 7 bit' : 'UCS-2'
    throw invalidField('text', `must fit into ${partsMax} parts, takes ${formatCount(parts)} in ${alphabet}`)
  }
  return segmented
}
