import { countRecipients } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'

/** A due row as far as packing goes. */
export interface Packable {
  ranges: RecipientRange[]
  /** It stands for several requests already. */
  isMerged: boolean
}

export interface PackLimits {
  envelopesMax: number
  recipientsMax: number
  envelopeRecipientsMax: number
}

/**
 * Fills envelopes in order of due time, at most `envelopesMax` of them and `recipientsMax` recipients in all. A row is
 * never cut: one that is larger than either limit is an envelope by itself. A row that was merged before stays as it is:
 * its envelope may still be on its way, under this row's name.
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
