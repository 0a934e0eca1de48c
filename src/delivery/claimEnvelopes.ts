import { randomBytes } from 'node:crypto'
import { markSending, quarantine, readPartsTaken, readTexts } from '../messages/index.ts'
import type { Recipient } from '../messages/index.ts'
import { postpone, removeRows, tracesOf } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'
import { lostCall } from './attemptLog.ts'
import { divideRecipients } from './divideRecipients.ts'
import type { Share } from './divideRecipients.ts'
import type { InFlight, PartsTaken, Task } from './inFlight.ts'
import { LEASE_MS, LEASE_SECONDS } from './lease.ts'
import { lockForClaim, lockOutboxRows } from './lockOrder.ts'

export interface ClaimedEnvelope {
  tasks: Task[]
  inFlight: InFlight
  /** Recipients that were quarantined instead, because their attempts are used up. */
  quarantined: Recipient[]
  /** How many recipients had an owner whose lease had expired. */
  takenOver: number
  /** Monotonic time before the claim was sent, so that leases never end earlier than computed from it. */
  claimedAtMs: number
}

export interface ClaimOptions {
  /** Submissions of one message without a stored result; a recipient that has had this many is quarantined. */
  unknownSubmissionsMax: number
  /** Of a message whose request says nothing else, from its acceptance or the time that it is scheduled for. */
  validityMs: number
  /** Of a message whose request says nothing; null where its class and its operators decide. */
  onUnknown: OnUnknown | null
  /** 8 random bytes in hex. */
  owner?: string
}

export const USED_UP_REASON = 'attempts used up without a stored result'
const OWNER_BYTES = 8
const NO_PARTS: PartsTaken = new Map()

/**
 * Claims pending recipients and ones whose lease expired in one transaction, quarantines exhausted ones (invariant 4)
 * and skips recipients under another owner's lease. The outbox row of an envelope with nothing unfinished is removed.
 * @returns one claim for each envelope, by position.
 * @throws Unavailable, LockTimeout or CommitUnknown: nothing may be sent then.
 */
export async function claimEnvelopes(
  db: Db,
  envelopes: Envelope[],
  { owner = randomBytes(OWNER_BYTES).toString('hex'), ...options }: ClaimOptions,
): Promise<ClaimedEnvelope[]> {
  const claimedAtMs = performance.now()
  const doubts: ClaimRun['doubts'] = new Map()
  return transact(
    db,
    'delivery.claim',
    (tx) => claim(tx, envelopes, { ...options, owner, claimedAtMs, doubts }),
    // A lost COMMIT needs no look-up: the work runs again under the same owner and finds its own claim.
    { resolve: () => Promise.resolve(undefined), throwsLockTimeout: true },
  )
}

type ClaimRun = Required<ClaimOptions> & {
  claimedAtMs: number
  /** By reference: what the first run of the transaction found, which a run after a lost COMMIT cannot see any more. */
  doubts: Map<string, Task['doubt']>
}

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
  const atOperators = shares.flatMap(({ free }) => free.filter((row) => mayBeAtOperator(row, run.owner)))
  const partsTaken = await readPartsTaken(locked.tx, atOperators)
  const { ours, usedUp } = partition(shares, run)
  await quarantine(locked.tx, usedUp, USED_UP_REASON)
  for (const row of ours) if (row.owner !== run.owner) run.doubts.set(row.reference, doubtOf(row))
  await markClaimed(locked.tx, ours, run)
  await moveRows(locked.tx, shares, new Set(usedUp))
  // Before the statement, so that nothing is submitted after its time.
  const reading = { ...run, readAtMs: performance.now() }
  const texts =
    ours.length > 0
      ? await readTexts(locked.tx, identifiersOf(ours), run.validityMs)
      : new Map<string, Content>()
  const isUsedUp = new Set(usedUp)
  return shares.map((share) => {
    const mine = share.free.filter((row) => !isUsedUp.has(row))
    const traces = tracesOf(share.envelope)
    const tasks = mine.map((row) => {
      const task = toTask(row, texts.get(row.smsIdentifier), partsTaken.get(row.reference), reading)
      const traceparent = traces.get(row.smsIdentifier)
      return traceparent === undefined ? task : { ...task, traceparent }
    })
    return {
      tasks,
      inFlight: toInFlight(share, tasks, run.owner),
      quarantined: share.free.filter((row) => isUsedUp.has(row)),
      takenOver: mine.filter((row) => row.status === 'sending' && row.owner !== run.owner).length,
      claimedAtMs: run.claimedAtMs,
    }
  })
}

interface Partition {
  ours: Recipient[]
  usedUp: Recipient[]
}

function partition(shares: Share[], { owner, unknownSubmissionsMax }: ClaimRun): Partition {
  const free = shares.flatMap((share) => share.free)
  // A pending one has the result of each: it waits to be asked about, or fails after it was.
  const isUsedUp = (row: Recipient) =>
    row.status === 'sending' && row.owner !== owner && row.unconfirmed >= unknownSubmissionsMax
  return { ours: free.filter((row) => !isUsedUp(row)), usedUp: free.filter(isUsedUp) }
}

function mayBeAtOperator({ possiblySent, status, owner }: Recipient, ours: string): boolean {
  return possiblySent || (status === 'sending' && owner !== ours)
}

/** Rows that have our owner already were claimed by the run of this transaction whose COMMIT was lost. */
async function markClaimed(tx: Tx, ours: Recipient[], { owner, doubts }: ClaimRun): Promise<void> {
  const unclaimed = ours.filter((row) => row.owner !== owner)
  for (const isDoubtful of [false, true]) {
    const rows = unclaimed.filter((row) => ((doubts.get(row.reference) ?? null) !== null) === isDoubtful)
    await markSending(tx, rows, { owner, leaseSeconds: LEASE_SECONDS, isDoubtful })
  }
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

function toTask(
  row: Recipient,
  content: Content | undefined,
  partsTaken: PartsTaken = NO_PARTS,
  run: ClaimRun & { readAtMs: number },
): Task {
  if (!content) throw new Error(`the request ${row.smsIdentifier} has recipients and no text`)
  const isClaimed = row.owner === run.owner
  const doubt = run.doubts.get(row.reference) ?? null
  return {
    ...row,
    text: content.text,
    sender: content.sender,
    expiresAtMs: run.readAtMs + content.expiresInMs,
    isTest: content.isTest,
    onUnknown: content.onUnknown ?? run.onUnknown,
    doubt,
    attempts: isClaimed ? row.attempts : row.attempts + 1,
    unconfirmed: isClaimed && doubt === null ? row.unconfirmed - 1 : row.unconfirmed,
    possiblySent: row.possiblySent || doubt !== null,
    // Rows of a message that leaves at a rate are due before its last one, which is what is known of it.
    acceptedAtMs: Math.min(run.claimedAtMs, run.claimedAtMs - row.ageMs + content.scheduledForMs),
    guaranteedByMs: run.readAtMs + (content.guaranteedInMs ?? Infinity),
    hedge: content.hedge,
    calls: doubt === 'lost' ? [lostCall(run.claimedAtMs)] : [],
    partsTaken,
  }
}

/** Whether an operator may have the message of a row as it was before this claim. A person who decides to retry ends the doubt. */
function doubtOf({ status, unconfirmed }: Recipient): Task['doubt'] {
  if (unconfirmed === 0) return null
  return status === 'sending' ? 'lost' : 'stored'
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
