import { randomBytes } from 'node:crypto'
import { isTerminal, lockRecipients, markSending, readTexts } from '../messages/index.ts'
import type { Recipient } from '../messages/index.ts'
import { lockRows, postpone, removeRows } from '../outbox/index.ts'
import type { Envelope, RecipientRange } from '../outbox/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import type { InFlight, Task } from './inFlight.ts'
import { LEASE_SECONDS } from './lease.ts'

export interface ClaimedEnvelope {
  tasks: Task[]
  inFlight: InFlight
  /** How many recipients this claim marked as possible duplicates, and nobody before. */
  newlyMarked: number
  /** By the monotonic clock, before the database was asked: the leases end no earlier than counted from here. */
  claimedAtMs: number
}

const OWNER_BYTES = 8

/**
 * Claims the recipients of envelopes that are free, all in one transaction: pending ones, and those whose owner's lease
 * ran out. The latter may have reached an operator, as may those whose earlier try stayed without an answer; they are
 * marked before the next try (invariant 4). What others hold is left to them; an envelope with nothing left to do loses
 * its outbox row. A recipient that two of the envelopes name is the first one's. @returns one claim for each envelope, by
 * position. @throws Unavailable, LockTimeout or CommitUnknown: nothing may be sent then.
 */
export async function claimEnvelopes(
  db: Db,
  envelopes: Envelope[],
  owner = randomBytes(OWNER_BYTES).toString('hex'),
): Promise<ClaimedEnvelope[]> {
  const claimedAtMs = performance.now()
  const shares = await transact(
    db,
    'delivery.claim',
    (tx) => claim(tx, envelopes, owner),
    // A lost COMMIT needs no look-up: transact() runs the work again under the same owner, which finds its own claim. A
    // later call has an owner of its own.
    { resolve: () => Promise.resolve(undefined), throwsLockTimeout: true },
  )
  return shares.map((share) => ({ ...share, claimedAtMs }))
}

async function claim(
  tx: Tx,
  envelopes: Envelope[],
  owner: string,
): Promise<Omit<ClaimedEnvelope, 'claimedAtMs'>[]> {
  await lockRows(
    tx,
    envelopes.map(({ outboxId }) => outboxId),
  )
  const locked = await lockRecipients(tx, joinRanges(envelopes.flatMap(({ ranges }) => ranges)))
  const shares = divide(envelopes, locked, owner)
  await leaveRows(tx, shares)

  const free = shares.flatMap((share) => share.free)
  const again = new Set(free.filter((row) => mayHaveBeenSent(row, owner)))
  const fresh = free.filter((row) => !again.has(row))
  await markSending(tx, fresh, { owner, leaseSeconds: LEASE_SECONDS, again: false })
  await markSending(tx, [...again], { owner, leaseSeconds: LEASE_SECONDS, again: true })
  const contents = free.length > 0 ? await readTexts(tx, identifiersOf(free)) : new Map<string, Content>()
  return shares.map(({ envelope: { outboxId, ranges }, unfinished, free }) => {
    const tasks = free.map((row) => toTask(row, contents.get(row.smsIdentifier), again.has(row)))
    return {
      tasks,
      inFlight: {
        outboxId,
        ranges,
        owner,
        open: referencesOf(unfinished),
        unsettled: referencesOf(tasks),
      },
      newlyMarked: free.filter((row) => again.has(row) && !row.possibleDuplicate).length,
    }
  })
}

/** What a claim found of one envelope. */
interface Share {
  envelope: Envelope
  unfinished: Recipient[]
  /** Those of them that become ours. */
  free: Recipient[]
}

function divide(envelopes: Envelope[], locked: Recipient[], owner: string): Share[] {
  const rows = Map.groupBy(locked, ({ smsIdentifier }) => smsIdentifier)
  const given = new Set<Recipient>()
  return envelopes.map((envelope) => {
    const unfinished = [...rowsIn(envelope.ranges, rows)].filter(({ status }) => !isTerminal(status))
    const free = unfinished.filter((row) => !given.has(row) && !isHeld(row, owner))
    for (const row of free) given.add(row)
    return { envelope, unfinished, free }
  })
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

/** The rows of envelopes that are at their end go; those of which others hold a part come back when the part is free. */
async function leaveRows(tx: Tx, shares: Share[]): Promise<void> {
  const ended = shares.filter(({ unfinished }) => unfinished.length === 0)
  await removeRows(
    tx,
    ended.map(({ envelope }) => envelope.outboxId),
  )
  const held = shares.flatMap(({ envelope: { outboxId }, unfinished, free }) => {
    if (free.length === unfinished.length) return []
    const ours = new Set(free)
    const others = unfinished.filter((row) => !ours.has(row))
    const leases = others.flatMap(({ liveUntil }) => liveUntil ?? [])
    // Who has no lease yet gets one in this transaction, for an envelope before this one. No other ends later.
    const until = leases.length < others.length ? { seconds: LEASE_SECONDS } : leases.reduce(later)
    return [{ outboxId, until }]
  })
  await postpone(tx, held)
}

function isHeld(row: Recipient, owner: string): boolean {
  return row.status === 'sending' && row.liveUntil !== null && row.owner !== owner
}

function mayHaveBeenSent(row: Recipient, owner: string): boolean {
  return row.possiblySent || (row.status === 'sending' && row.owner !== owner)
}

type Content = NonNullable<ReturnType<Awaited<ReturnType<typeof readTexts>>['get']>>

function toTask(row: Recipient, content: Content | undefined, again: boolean): Task {
  if (!content) throw new Error(`the request ${row.smsIdentifier} has recipients and no text`)
  return { ...row, ...content, possiblySent: again || row.possiblySent }
}

function referencesOf(rows: Recipient[]): Set<string> {
  return new Set(rows.map(({ reference }) => reference))
}

function identifiersOf(rows: Recipient[]): string[] {
  return [...new Set(rows.map(({ smsIdentifier }) => smsIdentifier))]
}

type KeyRange = Pick<RecipientRange, 'smsIdentifier' | 'first' | 'last'>

/** The same recipients in key order, each named once. */
function joinRanges(ranges: KeyRange[]): KeyRange[] {
  const joined: KeyRange[] = []
  for (const { smsIdentifier, first, last } of ranges.toSorted(compareRanges)) {
    const before = joined.at(-1)
    if (before?.smsIdentifier === smsIdentifier && first <= before.last + 1)
      before.last = Math.max(before.last, last)
    else joined.push({ smsIdentifier, first, last })
  }
  return joined
}

function compareRanges(a: KeyRange, b: KeyRange): number {
  if (a.smsIdentifier === b.smsIdentifier) return a.first - b.first
  return a.smsIdentifier < b.smsIdentifier ? -1 : 1
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b
}
