import { isDeepStrictEqual } from 'node:util'
import type { Claim } from '../../../src/outbox/claim.ts'
import type { RecipientRange } from '../../../src/outbox/index.ts'
import type { MessageClass } from '../../../src/primitives/messageClass.ts'
import { LEASE_MS, PUBLISHED_LEASE_MS, retryLater } from './model.ts'
import { rowOf } from './state.ts'
import type { Model, Named, OutboxRow } from './state.ts'

export interface RelayClaim {
  type: MessageClass
  envelopesMax: number
  batchSizeMax: number
  /** False: the broker never got what was claimed. */
  reaches: boolean
}

const ENVELOPE_RECIPIENTS_MAX = 100

export function spellOut(ranges: RecipientRange[]): string[] {
  return ranges.flatMap(({ smsIdentifier, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${smsIdentifier}:${first + index}`),
  )
}

/**
 * Which rows a relay takes and how it packs them is its own affair, within these rules; so the model follows what was
 * claimed. @returns what is wrong with it.
 */
export function relay(
  m: Model,
  number: number,
  how: RelayClaim,
  claimed: Claim | undefined,
  isAlone: boolean,
): string[] {
  const due = m.outbox.filter(({ type, dueAtMs }) => type === how.type && dueAtMs <= m.nowMs)
  if (!claimed) return isAlone && due.length > 0 ? ['nothing was claimed though something is due'] : []
  const envelopes = claimed.envelopes.map((envelope) => ({ envelope, refs: spellOut(envelope.ranges) }))
  const oldestMs = Math.min(...due.map(({ dueAtMs }) => dueAtMs))
  const oldest = due.filter(({ dueAtMs }) => dueAtMs === oldestMs)
  const faults = envelopes.flatMap((named) => swap(m, named, how, due))
  const taken = new Set(envelopes.flatMap(({ refs }) => refs))
  const isTaken = ({ refs }: OutboxRow) => refs.every((ref) => taken.has(ref))
  if (isAlone && !oldest.some(isTaken)) faults.push('the oldest was left behind')
  if (envelopes.length === 0 || envelopes.length > how.envelopesMax)
    faults.push('a wrong number of envelopes')
  if (envelopes.length > 1 && taken.size > how.batchSizeMax) faults.push('more than a batch may hold')
  if (taken.size < envelopes.flatMap(({ refs }) => refs).length)
    faults.push('a recipient stands in two envelopes')
  const outboxIds = envelopes.map(({ envelope }) => envelope.outboxId)
  m.relayed.set(number, { outboxIds, leaseUntilMs: m.nowMs + LEASE_MS })
  if (how.reaches) m.envelopes.push(...envelopes)
  return faults
}

/** One due row becomes an envelope, or several small ones are swapped for one. */
function swap(m: Model, { envelope, refs }: Named, how: RelayClaim, due: OutboxRow[]): string[] {
  const dueAtMs = m.nowMs + LEASE_MS
  const named = new Set(refs)
  const rows = m.outbox.filter((row) => row.refs.some((ref) => named.has(ref)))
  const [only] = rows
  const faults: string[] = []
  if (!rows.every((row) => due.includes(row))) faults.push('what is not due was claimed')
  if (!isDeepStrictEqual(rows.flatMap((row) => row.refs).sort(), refs.toSorted()))
    faults.push('an envelope holds something else than its rows')
  if (rows.length === 1 && only) {
    if (only.id !== undefined && only.id !== envelope.outboxId) faults.push('a row changed its name')
    Object.assign(only, { id: envelope.outboxId, dueAtMs })
    return faults
  }
  if (rows.some(({ isMerged }) => isMerged)) faults.push('what was merged before was merged again')
  if (refs.length > Math.min(how.batchSizeMax, ENVELOPE_RECIPIENTS_MAX))
    faults.push('an envelope is too large')
  m.outbox = m.outbox.filter((row) => !rows.includes(row))
  const attempts = Math.max(0, ...rows.map((row) => row.attempts))
  m.outbox.push({ id: envelope.outboxId, type: how.type, refs, isMerged: true, dueAtMs, attempts })
  return faults
}

/** After the confirm, or with publishing given up: only rows that nobody moved since the claim. */
export function afterRelay(m: Model, number: number, what: 'mark' | 'giveBack' | 'giveBackCounted'): void {
  const { outboxIds, leaseUntilMs } = m.relayed.get(number) ?? { outboxIds: [], leaseUntilMs: 0 }
  for (const outboxId of outboxIds) {
    const row = rowOf(m, outboxId)
    if (row?.dueAtMs !== leaseUntilMs) continue
    if (what === 'mark') row.dueAtMs = m.nowMs + PUBLISHED_LEASE_MS
    else if (what === 'giveBack') row.dueAtMs = m.nowMs
    else retryLater(m, outboxId)
  }
}
