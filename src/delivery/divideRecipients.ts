import { isQuarantined, isTerminal } from '../messages/index.ts'
import type { Recipient } from '../messages/index.ts'
import type { Envelope, RecipientRange } from '../outbox/index.ts'

/** What a claim found of one envelope. */
export interface Share {
  envelope: Envelope
  /** Unfinished recipients of other owners. */
  others: Recipient[]
  /** Free recipients, which this claim takes. */
  free: Recipient[]
}

/** Divides locked recipients between envelopes. If two envelopes name a recipient, the first gets it. */
export function divideRecipients(envelopes: Envelope[], locked: Recipient[], owner: string): Share[] {
  const rows = Map.groupBy(locked, ({ smsIdentifier }) => smsIdentifier)
  const taken = new Set<Recipient>()
  return envelopes.map((envelope) => {
    const unfinished = [...rowsIn(envelope.ranges, rows)].filter(isUnfinished)
    const free = unfinished.filter((row) => !taken.has(row) && !isLeasedToOther(row, owner))
    for (const row of free) taken.add(row)
    const ours = new Set(free)
    return { envelope, free, others: unfinished.filter((row) => !ours.has(row)) }
  })
}

/** A quarantined recipient is open, but no outbox row references it and no claim takes it. */
function isUnfinished(row: Recipient): boolean {
  return !isTerminal(row.status) && !isQuarantined(row)
}

function isLeasedToOther(row: Recipient, owner: string): boolean {
  return row.status === 'sending' && row.liveUntil !== null && row.owner !== owner
}

/** @param rows by their request's identifier. */
function rowsIn(ranges: RecipientRange[], rows: Map<string, Recipient[]>): Set<Recipient> {
  const found = new Set<Recipient>()
  for (const { smsIdentifier, first, last } of ranges) {
    for (const row of rows.get(smsIdentifier) ?? [])
      if (first <= row.recipientNo && row.recipientNo <= last) found.add(row)
  }
  return found
}
