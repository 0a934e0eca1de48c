import { isQuarantined, isTerminal, toRanges } from '../messages/index.ts'
import type { RecipientKey, RecipientState } from '../messages/index.ts'
import { append, postpone, PUBLISHED_LEASE_MS, removeRows } from '../outbox/index.ts'
import type { Envelope, OutboxRow, RecipientRange } from '../outbox/index.ts'
import type { InFlight } from './inFlight.ts'
import { LEASE_MS } from './lease.ts'
import type { RecipientsLocked } from './lockOrder.ts'
import type { Change } from './writeEffects.ts'

/** What one transaction settles of one run. */
export interface RunChanges {
  inFlight: InFlight
  changes: Change[]
  /** Locked recipients of the envelope that another owner has. */
  others: RecipientState[]
  /** Nothing of the run is left to be settled after this transaction. */
  isLast: boolean
}

/**
 * Released recipients get rows of their own, one for each request and time, and so do those of other owners when the
 * last settlement of a run removes the envelope's row. So at every commit each unfinished recipient that is not
 * quarantined is referenced by a row (invariant 4).
 */
export async function moveOutboxRows(
  tx: RecipientsLocked,
  runs: RunChanges[],
  newId: () => string,
): Promise<void> {
  const rows = runs.flatMap((run) => [...rowsOfReleased(run, newId), ...rowsOfOthers(run, newId)])
  await append(tx, rows)
  await removeRows(tx, runs.filter(({ isLast }) => isLast).map(outboxIdOf))
  // While a run goes on, its row must not bring its released recipients back. If this process dies, the row comes due
  // after the same lease as a published one.
  const goingOn = runs.filter(({ isLast, changes }) => !isLast && changes.some(isReleased))
  await postpone(
    tx,
    goingOn.map((run) => ({ outboxId: outboxIdOf(run), until: { afterMs: PUBLISHED_LEASE_MS } })),
  )
}

function rowsOfReleased({ inFlight, changes }: RunChanges, newId: () => string): OutboxRow[] {
  const groups = Map.groupBy(changes.filter(isReleased), ({ row, effects: { outbox } }) => {
    const retryInMs = outbox === 'none' ? 0 : outbox.retryInMs
    return `${row.smsIdentifier} ${retryInMs}`
  })
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (!first || first.effects.outbox === 'none') return []
    const { outbox, reason } = first.effects
    const keys = group.map(({ row }) => row)
    return rowsOf(inFlight.envelope, keys, { afterMs: outbox.retryInMs, reason }, newId)
  })
}

/** Another owner's lease ends within its length, unless it is renewed; the claim then waits for its end. */
function rowsOfOthers({ inFlight, others, isLast }: RunChanges, newId: () => string): OutboxRow[] {
  if (!isLast) return []
  const unfinished = others.filter((row) => !isTerminal(row.status) && !isQuarantined(row))
  const byRequest = Map.groupBy(unfinished, ({ smsIdentifier }) => smsIdentifier)
  return [...byRequest.values()].flatMap((keys) =>
    rowsOf(inFlight.envelope, keys, { afterMs: LEASE_MS }, newId),
  )
}

/** @param keys recipients of one request. */
function rowsOf(
  { type, ranges }: Envelope,
  keys: RecipientKey[],
  { afterMs, reason }: { afterMs: number; reason?: string },
  newId: () => string,
): OutboxRow[] {
  const request = ranges.find(({ smsIdentifier }) => smsIdentifier === keys[0]?.smsIdentifier)
  if (!request) throw new Error('an envelope settles a recipient that it does not name')
  const own = toRanges(keys).map((range): RecipientRange => ({ ...request, ...range }))
  const order = { condition: 'waiting' as const, until: { afterMs } }
  return [{ id: newId(), type, ranges: own, order, ...(reason !== undefined && { lastError: reason }) }]
}

function isReleased({ effects }: Change): boolean {
  return effects.outbox !== 'none'
}

function outboxIdOf({ inFlight }: RunChanges): string {
  return inFlight.envelope.outboxId
}
