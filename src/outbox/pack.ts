import { ENVELOPE_RECIPIENTS_MAX, countRecipients } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'

/** A due row as far as packing goes. */
export interface Packable {
  ranges: RecipientRange[]
  /** It stands for several requests already. */
  isMerged: boolean
}

/**
 * Fills envelopes in order of due time, at most `envelopesMax` of them and `recipientsMax` recipients in all; a row is
 * never cut. A row that was merged before stays as it is: its envelope may still be on its way, under this row's name.
 */
export function pack<R extends Packable>(
  rows: R[],
  limits: { envelopesMax: number; recipientsMax: number },
): R[][] {
  const packs: R[][] = []
  let left = limits.recipientsMax
  let room = 0
  for (const row of rows) {
    const size = countRecipients(row.ranges)
    if (size > left) break
    const last = packs.at(-1)
    if (last && !row.isMerged && size <= room) {
      last.push(row)
      room -= size
    } else {
      if (packs.length === limits.envelopesMax) break
      packs.push([row])
      room = row.isMerged ? 0 : ENVELOPE_RECIPIENTS_MAX - size
    }
    left -= size
  }
  return packs
}
