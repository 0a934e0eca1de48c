import { randomBytes } from 'node:crypto'
import { markSending, quarantine, readTexts } from '../messages/index.ts'
import type { Recipient } from '../messages/index.ts'
import { postpone, removeRows } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { divideRecipients } from './divideRecipients.ts'
import type { Share } from './divideRecipients.ts'
import type { InFlight, Task } from './inFlight.ts'
import { LEASE_MS, LEASE_SECONDS } from './lease.ts'
import { lockForClaim, lockOutboxRows } from './lockOrder.ts'

export interface ClaimedEnvelope {
  tasks: Task[]
  inFlight: InFlight
  /** Recipients that were quarantined instead, because their attempts are used up. */
  quarantined: Recipient[]
  /** How many recipients this claim was the first to mark as possible duplicates. */
  newlyMarked: number
  /** How many recipients had an owner whose lease had expired. */
  takenOver: number
  /** Monotonic time before the claim was sent, so that leases never end earlier than computed from it. */
  claimedAtMs: number
}

export interface ClaimOptions {
  /** Submissions of one message without a stored result; a recipient that has had this many is quarantined. */
  unknownSubmissionsMax: number
  /** 8 random bytes in hex. */
  owner?: string
}

export const USED_UP_REASON = 'attempts used up without a stored result'
const OWNER_BYTES = 8

/**
 * Claims pending recipients and ones whose lease expired, in one transaction. Marks possible duplicates and quarantines
 * exhausted ones (invariant 4). Skips recipients under another owner's lease, and removes the outbox row of an envelope
 * with nothing unfinished. @returns one claim for each envelope, by position.
 * @throws Unavailable, LockTimeout or CommitUnknown: nothing may be sent then.
 */
export async function claimEnvelopes(
  db: Db,
  envelopes: Envelope[],
  { unknownSubmissionsMax, owner = randomBytes(OWNER_BYTES).toString('hex') }: ClaimOptions,
): Promise<ClaimedEnvelope[]> {
  const claimedAtMs = performance.now()
  return transact(
    db,
    'delivery.claim',
    (tx) => claim(tx, envelopes, { owner, unknownSubmissionsMax, claimedAtMs }),
    // A lost COMMIT needs no look-up: the work runs again under the same owner and finds its own claim.
    { resolve: () => Promise.resolve(undefined), throwsLockTimeout: true },
  )
}

type ClaimRun = Required<ClaimOptions> & { claimedAtMs: number }

async function claim(tx: Tx, envelopes: Envelope[], run: ClaimRun): Promise<ClaimedEnvelope[]> {
  const rowsLocked = await lockOutboxRows(
    tx,
    envelopes.map(({ outboxId }) => outboxId),
  )
  const locked = await lockForClaim(
    rowsLocked,
    envelopes.flatMap(({ ranges }) => ranges),
  )
  const shares = divideRecipients(envelopes, locked.rows, run.owner)
  const { ours, usedUp, repeats } = partition(shares, run)
  await quarantine(locked.tx, usedUp, USED_UP_REASON)
  await markClaimed(locked.tx, ours, { owner: run.owner, repeats })
  await moveRows(locked.tx, shares, new Set(usedUp))
  const texts = ours.length > 0 ? await readTexts(locked.tx, identifiersOf(ours)) : new Map<string, Content>()
  const isUsedUp = new Set(usedUp)
  return shares.map((share) => {
    const mine = share.free.filter((row) => !isUsedUp.has(row))
    const tasks = mine.map((row) => toTask(row, texts.get(row.smsIdentifier), run, repeats.has(row)))
    return {
      tasks,
      inFlight: toInFlight(share, tasks, run.owner),
      quarantined: share.free.filter((row) => isUsedUp.has(row)),
      newlyMarked: mine.filter((row) => repeats.has(row) && !row.possibleDuplicate).length,
      takenOver: mine.filter((row) => row.status === 'sending' && row.owner !== run.owner).length,
      claimedAtMs: run.claimedAtMs,
    }
  })
}

interface Partition {
  ours: Recipient[]
  usedUp: Recipient[]
  /** Rows of `ours` that an operator may have already. */
  repeats: Set<Recipient>
}

function partition(shares: Share[], { owner, unknownSubmissionsMax }: ClaimRun): Partition {
  const free = shares.flatMap((share) => share.free)
  const isUsedUp = (row: Recipient) => row.owner !== owner && row.unconfirmed >= unknownSubmissionsMax
  const ours = free.filter((row) => !isUsedUp(row))
  const repeats = ours.filter((row) => row.possiblySent || (row.status === 'sending' && row.owner !== owner))
  return { ours, usedUp: free.filter(isUsedUp), repeats: new Set(repeats) }
}

/** Rows that have our owner already were claimed by the run of this transaction whose COMMIT was lost. */
async function markClaimed(
  tx: Tx,
  ours: Recipient[],
  { owner, repeats }: { owner: string; repeats: Set<Recipient> },
): Promise<void> {
  const unclaimed = ours.filter((row) => row.owner !== owner)
  const isRepeat = (row: Recipient) => repeats.has(row)
  const claim = { owner, leaseSeconds: LEASE_SECONDS }
  await markSending(
    tx,
    unclaimed.filter((row) => !isRepeat(row)),
    { ...claim, again: false },
  )
  await markSending(tx, unclaimed.filter(isRepeat), { ...claim, again: true })
}

/** Removes the rows of envelopes with nothing unfinished; a row with a part of another owner waits for that lease's end. */
async function moveRows(tx: Tx, shares: Share[], usedUp: Set<Recipient>): Promise<void> {
  const isFinished = ({ free, others }: Share) => others.length === 0 && free.every((row) => usedUp.has(row))
  await removeRows(
    tx,
    shares.filter(isFinished).map(({ envelope }) => envelope.outboxId),
  )
  const shared = shares.filter(({ others }) => others.length > 0)
  await postpone(
    tx,
    shared.map(({ envelope: { outboxId }, others }) => {
      const leases = others.flatMap(({ liveUntil }) => liveUntil ?? [])
      // A recipient without a lease gets one in this transaction, for another envelope. No other lease ends later.
      const until = leases.length < others.length ? { afterMs: LEASE_MS } : leases.reduce(later)
      return { outboxId, until }
    }),
  )
}

type Content = NonNullable<ReturnType<Awaited<ReturnType<typeof readTexts>>['get']>>

function toTask(row: Recipient, content: Content | undefined, run: ClaimRun, isRepeat: boolean): Task {
  if (!content) throw new Error(`the request ${row.smsIdentifier} has recipients and no text`)
  const isCountedAlready = row.owner === run.owner
  return {
    ...row,
    text: content.text,
    attempts: isCountedAlready ? row.attempts : row.attempts + 1,
    unconfirmed: isCountedAlready ? row.unconfirmed - 1 : row.unconfirmed,
    possiblySent: isRepeat || row.possiblySent,
    acceptedAtMs: run.claimedAtMs - row.ageMs,
  }
}

function toInFlight({ envelope, others }: Share, tasks: Task[], owner: string): InFlight {
  const unsettled = new Set(tasks.map(({ reference }) => reference))
  const isFinished = tasks.length === 0 && others.length === 0
  return { envelope, owner, unsettled, hasOthers: others.length > 0, isFinished }
}

function identifiersOf(rows: Recipient[]): string[] {
  return [...new Set(rows.map(({ smsIdentifier }) => smsIdentifier))]
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b
}
