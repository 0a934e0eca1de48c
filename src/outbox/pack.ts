import { countRecipients } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'

/** The fields of a due row that packing needs. */
export interface Packable {
  ranges: RecipientRange[]
  /** Whether it already references several requests. */
  isMerged: boolean
}

export interface PackLimits {
  envelopesMax: number
  recipientsMax: number
  envelopeRecipientsMax: number
}

/**
 * Fills envelopes in the order of the rows' keys, at most `envelopesMax` of them and `recipientsMax` recipients in all;
 * a row that is larger than either limit is not cut but an envelope by itself. A merged row is not merged again,
 * because its envelope may still be in flight with this row's identifier.
 */
export function pack<R extends Packable>(rows: R[], limits: PackLimits): R[][] {
  const packs: R[][] = []
  let left = limits.recipientsMax
  let room = 0
  for (const row of rows) {
    const size = countRecipients(row.ranges)
    if (size > left && packs.length > 0) break
    const last = packs.at(-1)
    if (last && !row.isMerged && size <= room) {
      last.push(row)
      room -= size
    } else {
      if (packs.length === limits.envelopesMax) break
      packs.push([row])
      room = row.isMerged ? 0 : limits.envelopeRecipientsMax - size
    }
    left -= size
  }
  return packs
}
