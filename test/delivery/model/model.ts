import { isOver, nameOf, recipientOf, removeRow, rowOf } from './state.ts'
import type { Ending, Hand, Model, Named, Part, Recipient, Settled, Task } from './state.ts'

export const LEASE_MS = 10_000
export const PUBLISHED_LEASE_MS = 60_000
export const RETRY_DELAY_MS = 500
export const RETRY_DELAY_MAX_MS = 5_000

/** One owner claims envelopes together. @returns a hand for each, and how many it marked first. */
export function claim(m: Model, envelopes: Named[], owner: string): { hand: Hand; newlyMarked: number }[] {
  const shares = divide(m, envelopes)
  moveClaimed(m, shares)
  return shares.map(({ named: { envelope, refs }, unfinished, free }) => {
    const tasks = new Map<string, Task>()
    let newlyMarked = 0
    for (const ref of free) {
      const row = recipientOf(m, ref)
      const again = row.possiblySent || row.status === 'sending'
      if (again && !row.possibleDuplicate) newlyMarked++
      tasks.set(ref, { possiblySent: again, retryingSinceMs: row.retryingSinceMs })
      take(m, row, owner, again)
    }
    const open = new Set(unfinished)
    const hand = { owner, outboxId: envelope.outboxId, refs, open, unsettled: new Set(free), tasks }
    return { hand, newlyMarked }
  })
}

interface Share {
  named: Named
  unfinished: string[]
  free: string[]
}

function divide(m: Model, envelopes: Named[]): Share[] {
  const given = new Set<string>()
  return envelopes.map((named) => {
    const unfinished = named.refs.filter((ref) => !isOver(m, ref))
    const free = unfinished.filter((ref) => !given.has(ref) && liveUntil(m, ref) === undefined)
    for (const ref of free) given.add(ref)
    return { named, unfinished, free }
  })
}

function moveClaimed(m: Model, shares: Share[]): void {
  const postponed = new Set<string>()
  for (const { named, unfinished, free } of shares) {
    const { outboxId } = named.envelope
    const leases = unfinished.filter((ref) => !free.includes(ref)).map((ref) => liveUntil(m, ref))
    if (unfinished.length === 0) removeRow(m, outboxId)
    else if (leases.length > 0 && !postponed.has(outboxId)) {
      const row = rowOf(m, outboxId)
      // Given to an envelope before this one, some have no lease yet.
      if (row) row.dueAtMs = Math.max(...leases.map((until) => until ?? m.nowMs + LEASE_MS))
      postponed.add(outboxId)
    }
  }
}

function liveUntil(m: Model, ref: string): number | undefined {
  const { status, leaseUntilMs } = recipientOf(m, ref)
  return status === 'sending' && leaseUntilMs > m.nowMs ? leaseUntilMs : undefined
}

function take(m: Model, row: Recipient, owner: string, again: boolean): void {
  row.status = 'sending'
  row.owner = owner
  row.leaseUntilMs = m.nowMs + LEASE_MS
  if (again) row.possiblySent = row.possibleDuplicate = true
}

/** An owner is about to ask once more. @returns what is still its own, and how many it marked first. */
export function renew(m: Model, hand: Hand, refs: string[]): { ours: string[]; newlyMarked: number } {
  let newlyMarked = 0
  const ours = refs.filter((ref) => {
    const row = recipientOf(m, ref)
    return row.status === 'sending' && row.owner === hand.owner
  })
  for (const ref of ours) {
    const row = recipientOf(m, ref)
    const again = hand.tasks.get(ref)?.possiblySent === true
    if (again && !row.possibleDuplicate) newlyMarked++
    take(m, row, hand.owner, again)
  }
  return { ours, newlyMarked }
}

/** Endings of any hands in one transaction. `held`: the refunds that somebody else's lock stands against. */
export function settle(m: Model, parts: Part[], held: ReadonlySet<string>): Settled[] {
  for (const { hand, endings } of parts) for (const { ref } of endings) hand.unsettled.delete(ref)
  const sorted = parts.map(({ hand, endings }) => {
    const ours = endings.filter((ending) => isOurs(m, hand, ending))
    const late = endings.filter((ending) => !ours.includes(ending))
    return {
      ours: ours.filter(({ ref }) => !held.has(ref)),
      late,
      held: ours.filter(({ ref }) => held.has(ref)),
    }
  })
  const due = new Map<string, Ending>()
  for (const ending of sorted.flatMap(({ ours }) => ours))
    if (recipientOf(m, ending.ref).status === 'sending' && !due.has(ending.ref)) due.set(ending.ref, ending)
  parts.forEach(({ hand }, position) => {
    for (const ending of sorted[position]?.ours ?? [])
      if (due.get(ending.ref) === ending) end(m, hand, ending)
  })
  moveSettled(
    m,
    parts,
    sorted.map(({ ours }) => ours),
    new Set(due.values()),
  )
  parts.forEach(({ hand }, position) => {
    for (const { kind, ref } of sorted[position]?.ours ?? []) if (kind !== 'released') hand.open.delete(ref)
    for (const { ref } of sorted[position]?.held ?? []) hand.unsettled.add(ref)
  })
  return sorted.map(({ ours, late, held }) => ({
    endings: ours.map(nameOf),
    late: late.map(nameOf),
    held: held.map(nameOf),
  }))
}

function isOurs(m: Model, { owner }: Hand, { kind, ref }: Ending): boolean {
  const row = recipientOf(m, ref)
  return row.owner === owner || (kind === 'released' && row.status === 'pending')
}

function end(m: Model, hand: Hand, ending: Ending): void {
  const row = recipientOf(m, ending.ref)
  const mark = hand.tasks.get(ending.ref)?.possiblySent === true
  if (ending.kind === 'released') {
    row.status = 'pending'
    row.owner = null
    if (ending.tried) row.retryingSinceMs ??= m.nowMs
    row.possiblySent ||= mark
    return
  }
  row.status = ending.kind
  row.provider = ending.provider
  if (ending.kind === 'done') row.providerMessageId = ending.providerMessageId
  else {
    row.possiblySent ||= mark
    m.balances.set(row.userId, (m.balances.get(row.userId) ?? 0) + row.price)
  }
}

/** A row that is released is due again after a while; one goes with its last recipient, or with the last look at it. */
function moveSettled(m: Model, parts: Part[], settled: Ending[][], due: Set<Ending>): void {
  const ended: string[] = []
  // Once for a row, also where two hands of one envelope release in one transaction.
  const waiting = new Set<string>()
  for (const [hand, positions] of Map.groupBy(parts.keys(), (position) => parts[position]?.hand)) {
    if (!hand) continue
    const endings = positions.flatMap((position) => settled[position] ?? [])
    const over = new Set(endings.flatMap(({ kind, ref }) => (kind === 'released' ? [] : [ref])))
    const looks = hand.unsettled.size === 0 && hand.refs.every((ref) => isOver(m, ref))
    if (endings.some((ending) => ending.kind === 'released' && due.has(ending))) waiting.add(hand.outboxId)
    else if ([...hand.open].every((ref) => over.has(ref)) || looks) ended.push(hand.outboxId)
  }
  for (const outboxId of waiting) retryLater(m, outboxId)
  for (const outboxId of ended) removeRow(m, outboxId)
}

export function retryLater(m: Model, outboxId: string): void {
  const row = rowOf(m, outboxId)
  if (!row) return
  row.dueAtMs = m.nowMs + Math.min(RETRY_DELAY_MAX_MS, RETRY_DELAY_MS * 2 ** Math.min(row.attempts, 10))
  row.attempts++
}
