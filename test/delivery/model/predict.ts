import type { Claim } from '../../../src/outbox/claim.ts'
import { PRICES } from '../../support/arrange.ts'
import { answer, begin } from './deliveryModel.ts'
import type { Facts } from './deliveryModel.ts'
import { claim, renew, settle } from './model.ts'
import { taskOf } from './ops.ts'
import type { Op, Sent, SettlePart } from './ops.ts'
import { afterRelay, relay } from './relayModel.ts'
import { handOf, nameOf, recipientOf } from './state.ts'
import type { Ending, Hand, Model, Settled } from './state.ts'
import { HELD_CUSTOMER } from './steps.ts'
import type { Fault } from './steps.ts'

/** What an op came to, in the same words for the model and for the real thing. */
export type Result =
  | { kind: 'verdicts'; verdicts: string[] }
  | { kind: 'relayed'; claim: Claim | undefined; faults: string[] }
  | { kind: 'claimed'; hands: { tasks: Record<string, boolean>; newlyMarked: number }[] }
  | { kind: 'renewed'; ours: string[]; newlyMarked: number }
  | { kind: 'settled'; parts: Settled[] }
  | { kind: 'nothing' }

export interface Circumstances {
  /** Nothing else happens at the same time. */
  isAlone: boolean
  fault: Fault
  /** Of deliveries that are answered: see deliveryModel.ts. */
  renewsFirst: boolean
  /** What deliveries report. */
  facts: Facts
}

/** What the model comes to. What it leaves open it takes from the real result, within its rules. */
export function predict(m: Model, op: Op, real: Result, how: Circumstances): Result {
  const counted = (newlyMarked: number) => (how.fault === 'answer' ? 0 : newlyMarked)
  switch (op.kind) {
    case 'send':
      return { kind: 'verdicts', verdicts: op.requests.map((request) => accept(m, request)) }
    case 'relay': {
      const claimed = real.kind === 'relayed' ? real.claim : undefined
      return { kind: 'relayed', claim: claimed, faults: relay(m, op.number, op.how, claimed, how.isAlone) }
    }
    case 'afterRelay':
      afterRelay(m, op.number, op.what)
      return { kind: 'nothing' }
    case 'claim': {
      const claimed = claim(m, op.envelopes, op.owner)
      op.numbers.forEach((number, position) => setHand(m, number, claimed[position]))
      const hands = claimed.map(({ hand, newlyMarked }) => ({
        tasks: Object.fromEntries([...hand.tasks].map(([ref, { possiblySent }]) => [ref, possiblySent])),
        // The second time, after a COMMIT whose answer was lost, they are marked already.
        newlyMarked: counted(newlyMarked),
      }))
      return { kind: 'claimed', hands }
    }
    case 'renew': {
      const hand = handOf(m, op.hand)
      if (op.silent) for (const ref of op.refs) taskOf(m, op.hand, ref).possiblySent = true
      const { ours, newlyMarked } = renew(m, hand, op.refs)
      for (const ref of op.refs) if (!ours.includes(ref)) hand.unsettled.delete(ref)
      return { kind: 'renewed', ours, newlyMarked: counted(newlyMarked) }
    }
    case 'settle':
      return { kind: 'settled', parts: settleParts(m, op.parts, real, how) }
    case 'deliver': {
      const [claimed] = claim(m, [op.named], `delivery ${op.number}`)
      setHand(m, op.number, claimed)
      how.facts.newlyMarked += claimed?.newlyMarked ?? 0
      begin(m, op.number, op.named.envelope.type, how.facts)
      return { kind: 'nothing' }
    }
    case 'answer': {
      const delivery = m.deliveries.get(op.number)
      if (delivery) answer(m, delivery, op.answer, how.renewsFirst, how.facts)
      return { kind: 'nothing' }
    }
  }
}

function setHand(m: Model, number: number, claimed: { hand: Hand } | undefined): void {
  if (claimed) m.hands.set(number, claimed.hand)
}

function settleParts(m: Model, parts: SettlePart[], real: Result, how: Circumstances): Settled[] {
  for (const { hand, endings, silent } of parts) {
    for (const ending of endings) taskOf(m, hand, ending.ref).ending = ending
    for (const ref of silent) taskOf(m, hand, ref).possiblySent = true
  }
  const held = heldOf(m, parts, real, how)
  const inFlight = parts.map(({ hand, endings }) => ({ hand: handOf(m, hand), endings }))
  const settled = settle(m, inFlight, held)
  // With the answer to its COMMIT lost it is settled again, and that is what is answered.
  return how.fault === 'answer' ? settle(m, inFlight, held) : settled
}

/** Whose refund has to wait. Only who settles beside others, or after a session that ends, may meet a locked balance. */
function heldOf(m: Model, parts: SettlePart[], real: Result, how: Circumstances): Set<string> {
  const names = real.kind === 'settled' ? real.parts.flatMap(({ held }) => held) : []
  const isHeld = (hand: number, { kind, ref }: Ending): boolean => {
    if (kind !== 'failed') return false
    if (how.fault !== 'held')
      return (!how.isAlone || how.fault !== 'none') && names.includes(nameOf({ kind, ref }))
    const row = recipientOf(m, ref)
    return row.userId === HELD_CUSTOMER && row.status === 'sending' && row.owner === handOf(m, hand).owner
  }
  const endings = parts.flatMap(({ hand, endings }) => endings.filter((ending) => isHeld(hand, ending)))
  return new Set(endings.map(({ ref }) => ref))
}

function accept(m: Model, { smsIdentifier, userId, to, type }: Sent): string {
  const price = PRICES[type]
  const balance = m.balances.get(userId) ?? 0
  if (balance < price * to) return `insufficient_balance ${balance}`
  m.balances.set(userId, balance - price * to)
  const refs = Array.from({ length: to }, (_, index) => `${smsIdentifier}:${index + 1}`)
  for (const ref of refs)
    m.recipients.set(ref, {
      userId,
      price,
      type,
      status: 'pending',
      owner: null,
      leaseUntilMs: 0,
      retryingSinceMs: null,
      possiblySent: false,
      possibleDuplicate: false,
      provider: '',
      providerMessageId: null,
    })
  for (let first = 0; first < to; first += 100) {
    const row = { id: undefined, type, refs: refs.slice(first, first + 100), isMerged: false }
    m.outbox.push({ ...row, dueAtMs: m.nowMs, attempts: 0 })
  }
  return `accepted ${to} ${price * to}`
}
