import type { SmsState } from '../../../db/schema.ts'
import type { Envelope } from '../../../src/outbox/index.ts'
import type { MessageClass } from '../../../src/primitives/messageClass.ts'

/**
 * Section 5 of the design as plain data and plain steps: what a claim, a renewal and a settlement do, one at a time and
 * in memory. It knows no transaction, no lock and no SQL; a run of the real thing, in whatever overlap, has to come to
 * what some order of these steps comes to.
 */
export interface Model {
  nowMs: number
  balances: Map<number, number>
  /** By reference. */
  recipients: Map<string, Recipient>
  outbox: OutboxRow[]
  /** Envelopes that reached the broker: each may be delivered any number of times, in any order. */
  envelopes: Named[]
  /** Claims on envelopes, by numbers that the run gives. */
  hands: Map<number, Hand>
  /** What relays claimed, by such numbers. */
  relayed: Map<number, { outboxIds: string[]; leaseUntilMs: number }>
  deliveries: Map<number, Running>
  /** Operators that nobody may call: their breakers are open. */
  away: Record<OperatorName, boolean>
}

export type OperatorName = 'a' | 'b'

export interface Recipient {
  userId: number
  price: number
  type: MessageClass
  status: SmsState
  owner: string | null
  leaseUntilMs: number
  retryingSinceMs: number | null
  possiblySent: boolean
  possibleDuplicate: boolean
  provider: string
  providerMessageId: string | null
}

export interface OutboxRow {
  /** Known once a relay has claimed it. */
  id: string | undefined
  type: MessageClass
  refs: string[]
  isMerged: boolean
  dueAtMs: number
  attempts: number
}

/** An envelope with its recipients spelled out. */
export interface Named {
  envelope: Envelope
  refs: string[]
}

/** An owner's view of an envelope. */
export interface Hand {
  owner: string
  outboxId: string
  refs: string[]
  /** Those that may not be at their end. */
  open: Set<string>
  /** Those of ours whose settlement has not begun. */
  unsettled: Set<string>
  tasks: Map<string, Task>
}

export interface Task {
  /** What the owner knows: the row's mark, or a call of its own without an answer. */
  possiblySent: boolean
  retryingSinceMs: number | null
  /** What the owner wants written. A repetition is one of the same. */
  ending?: Ending
}

export type Ending = { ref: string; provider: string } & (
  { kind: 'done'; providerMessageId: string } | { kind: 'failed' } | { kind: 'released'; tried: boolean }
)

export interface Part {
  hand: Hand
  endings: Ending[]
}

export interface Settled {
  endings: string[]
  late: string[]
  held: string[]
}

/** A delivery by the program itself, between two calls of operators; see deliveryModel.ts. */
export interface Running {
  hand: number
  type: MessageClass
  /** Ours that have no verdict yet. */
  undecided: Map<string, { called: boolean; own: boolean; leasedAtMs: number }>
  /** How far the present offer has come: who is asked now, and who goes on to the next operator. */
  offer: { operator: number; tries: number; asked: string[]; passed: string[] }
  /** Those that get calls of their own, once all were offered together. */
  alone: { waiting: string[]; endsAtMs: number } | undefined
  /** Verdicts that are not written yet. */
  verdicts: Ending[]
  call: { operator: OperatorName; refs: string[] } | undefined
}

export function emptyModel(nowMs: number, balances: Map<number, number>): Model {
  return {
    nowMs,
    balances: new Map(balances),
    recipients: new Map(),
    outbox: [],
    envelopes: [],
    hands: new Map(),
    relayed: new Map(),
    deliveries: new Map(),
    away: { a: false, b: false },
  }
}

export function recipientOf(m: Model, ref: string): Recipient {
  const found = m.recipients.get(ref)
  if (!found) throw new Error(`the model has no recipient ${ref}`)
  return found
}

export function handOf(m: Model, number: number): Hand {
  const found = m.hands.get(number)
  if (!found) throw new Error(`the model has no hand ${number}`)
  return found
}

export function isOver(m: Model, ref: string): boolean {
  return ['done', 'failed'].includes(recipientOf(m, ref).status)
}

export function rowOf(m: Model, outboxId: string): OutboxRow | undefined {
  return m.outbox.find(({ id }) => id === outboxId)
}

export function removeRow(m: Model, outboxId: string): void {
  m.outbox = m.outbox.filter(({ id }) => id !== outboxId)
}

export function nameOf({ kind, ref }: { kind: string; ref: string }): string {
  return `${kind} ${ref}`
}
