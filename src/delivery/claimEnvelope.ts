import { lockRecipients, markSending, readTexts, referenceOf } from '../messages/index.ts'
import type { Recipient } from '../messages/index.ts'
import { lockRow, removeRow, postpone } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { LEASE_SECONDS } from './lease.ts'

/** One recipient in hand: claimed by us, with what an operator needs. */
export interface Task extends Recipient {
  reference: string
  text: string
  price: number
}

export interface ClaimedEnvelope {
  tasks: Task[]
  /** References of the envelope's recipients that are not at their end, others' included. */
  open: Set<string>
  /** How many recipients this claim marked as possible duplicates, and nobody before. */
  newlyMarked: number
}

/**
 * Claims the recipients of an envelope that are free: pending ones, and those whose owner's lease ran out. The latter
 * may have reached an operator, as may those whose earlier try stayed without an answer; they are marked before the
 * next try (promise 4). What others hold is left to them; an envelope with nothing left to do loses its outbox row.
 */
export function claimEnvelope(db: Db, envelope: Envelope, owner: string): Promise<ClaimedEnvelope> {
  // A lost COMMIT needs no look-up: whoever comes again under the same owner finds its own claim.
  const repeatable = { resolve: () => Promise.resolve(undefined) }
  return transact(db, 'delivery.claim', (tx) => claim(tx, envelope, owner), repeatable)
}

async function claim(tx: Tx, { outboxId, ranges }: Envelope, owner: string): Promise<ClaimedEnvelope> {
  await lockRow(tx, outboxId)
  const rows = await lockRecipients(tx, ranges)
  const unfinished = rows.filter(({ status }) => status === 'pending' || status === 'sending')
  const held = unfinished.filter((row) => isHeld(row, owner))
  const free = unfinished.filter((row) => !isHeld(row, owner))
  const lastLease = held.map(({ liveUntil }) => liveUntil).reduce(later, null)
  if (unfinished.length === 0) await removeRow(tx, outboxId)
  else if (lastLease) await postpone(tx, outboxId, lastLease)

  const again = free.filter((row) => mayHaveBeenSent(row, owner))
  const fresh = free.filter((row) => !mayHaveBeenSent(row, owner))
  await markSending(tx, fresh, { owner, leaseSeconds: LEASE_SECONDS, again: false })
  await markSending(tx, again, { owner, leaseSeconds: LEASE_SECONDS, again: true })
  return {
    tasks: await toTasks(tx, free, new Set(again)),
    open: new Set(unfinished.map(referenceOf)),
    newlyMarked: again.filter(({ possibleDuplicate }) => !possibleDuplicate).length,
  }
}

function isHeld(row: Recipient, owner: string): boolean {
  return row.status === 'sending' && row.liveUntil !== null && row.owner !== owner
}

function mayHaveBeenSent(row: Recipient, owner: string): boolean {
  return row.possiblySent || (row.status === 'sending' && row.owner !== owner)
}

async function toTasks(tx: Tx, rows: Recipient[], again: Set<Recipient>): Promise<Task[]> {
  if (rows.length === 0) return []
  const contents = await readTexts(
    tx,
    rows.map(({ smsIdentifier }) => smsIdentifier),
  )
  return rows.map((row) => {
    const content = contents.get(row.smsIdentifier)
    if (!content) throw new Error(`the request ${row.smsIdentifier} has recipients and no text`)
    return {
      ...row,
      ...content,
      reference: referenceOf(row),
      possiblySent: again.has(row) || row.possiblySent,
    }
  })
}

function later(a: Date | null, b: Date | null): Date | null {
  if (!a || !b) return a ?? b
  return a > b ? a : b
}
