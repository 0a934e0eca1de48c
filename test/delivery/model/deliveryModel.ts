import type { MessageClass } from '../../../src/primitives/messageClass.ts'
import { renew, settle } from './model.ts'
import { handOf } from './state.ts'
import type { Ending, Model, OperatorName, Running, Task } from './state.ts'

/** What an operator says to one call: something of each message, or of the call as a whole. */
export type Answer = { kind: 'each'; outcomes: OutcomeKind[] } | { kind: 'unavailable' } | { kind: 'unknown' }

export type OutcomeKind = 'accepted' | 'rejected' | 'unavailable' | 'unknown'

export const OPERATORS: OperatorName[] = ['a', 'b']
export const GRACE_MS = 30_000
const TRIES_MAX: Record<MessageClass, number> = { normal: 2, express: 1 }
const LEASE_MS = 10_000
const TRY_TIMEOUT_MS = 5_000
const ALONE_TIME_MS = 5_000
const NOBODY: ReadonlySet<string> = new Set()

/** What a delivery reports, as its events name it. */
export interface Facts {
  settled: string[]
  late: string[]
  newlyMarked: number
}

export function outcomeOf(answer: Answer, position: number): OutcomeKind {
  if (answer.kind !== 'each') return answer.kind
  return answer.outcomes[position % answer.outcomes.length] ?? 'unknown'
}

/** The name that an operator gives a message it takes. */
export function takenAs(operator: string, ref: string): string {
  return `${operator}-${ref}`
}

/** Goes from a claim to the first call of an operator, or to the end. */
export function begin(m: Model, number: number, type: MessageClass, facts: Facts): void {
  const hand = handOf(m, number)
  const tasks = [...hand.tasks.keys()]
  const delivery: Running = {
    hand: number,
    type,
    undecided: new Map(tasks.map((ref) => [ref, { called: false, own: false, leasedAtMs: m.nowMs }])),
    offer: { operator: 0, tries: 0, asked: tasks, passed: [] },
    alone: undefined,
    verdicts: [],
    call: undefined,
  }
  m.deliveries.set(number, delivery)
  if (tasks.length > 0) proceed(m, delivery, facts)
}

/**
 * Takes an operator's answer and goes on to the next call, or to the end. The verdicts are written beside that:
 * `renewsFirst` says that a renewal overtakes them.
 */
export function answer(m: Model, delivery: Running, said: Answer, renewsFirst: boolean, facts: Facts): void {
  const { call, offer } = delivery
  if (!call) throw new Error('nobody is called')
  delivery.call = undefined
  offer.asked = []
  call.refs.forEach((ref, position) => {
    const outcome = outcomeOf(said, position)
    if (outcome === 'accepted' || outcome === 'rejected') {
      delivery.undecided.delete(ref)
      delivery.verdicts.push(verdictOf(call.operator, ref, outcome))
      return
    }
    const isAlone = call.refs.length === 1
    const own = isAlone || (said.kind === 'each' && outcome !== 'unknown')
    Object.assign(undecidedOf(delivery, ref), { called: true, own })
    if (outcome === 'unknown') taskOf(m, delivery, ref).possiblySent = true
    if (outcome === 'unknown') offer.asked.push(ref)
    else offer.passed.push(ref)
  })
  if (!renewsFirst) write(m, delivery, facts)
  proceed(m, delivery, facts)
}

function verdictOf(operator: OperatorName, ref: string, outcome: 'accepted' | 'rejected'): Ending {
  if (outcome === 'rejected') return { kind: 'failed', ref, provider: operator }
  return { kind: 'done', ref, provider: operator, providerMessageId: takenAs(operator, ref) }
}

function write(m: Model, delivery: Running, facts: Facts): void {
  const endings = delivery.verdicts
  delivery.verdicts = []
  if (endings.length === 0) return
  const [settled] = settle(m, [{ hand: handOf(m, delivery.hand), endings }], NOBODY)
  facts.settled.push(...(settled?.endings ?? []))
  facts.late.push(...(settled?.late ?? []))
}

function proceed(m: Model, delivery: Running, facts: Facts): void {
  for (;;) {
    const { offer } = delivery
    if (offer.asked.length > 0 && offer.tries < TRIES_MAX[delivery.type]) {
      offer.tries++
      offer.asked = prepare(m, delivery, offer.asked, facts)
      const operator = OPERATORS[offer.operator] ?? 'a'
      if (offer.asked.length > 0 && !m.away[operator]) {
        write(m, delivery, facts)
        delivery.call = { operator, refs: offer.asked.toSorted() }
        return
      }
      // Nobody was asked; what an earlier call said still counts.
      offer.passed.push(...offer.asked)
      offer.asked = []
    } else if (offer.operator + 1 < OPERATORS.length && offer.asked.length + offer.passed.length > 0) {
      const asked = [...offer.passed, ...offer.asked]
      delivery.offer = { operator: offer.operator + 1, tries: 0, asked, passed: [] }
    } else if (!offerNextAlone(m, delivery)) {
      conclude(m, delivery, facts)
      return
    }
  }
}

/** Renews the leases of those that were asked before, and drops whoever is not ours any more. */
function prepare(m: Model, delivery: Running, refs: string[], facts: Facts): string[] {
  const isReady = (ref: string) => {
    const { called, leasedAtMs } = undecidedOf(delivery, ref)
    return !called && m.nowMs - leasedAtMs + TRY_TIMEOUT_MS < LEASE_MS
  }
  if (refs.every(isReady)) return refs
  const hand = handOf(m, delivery.hand)
  const { ours, newlyMarked } = renew(m, hand, refs)
  facts.newlyMarked += newlyMarked
  for (const ref of refs) {
    if (ours.includes(ref)) undecidedOf(delivery, ref).leasedAtMs = m.nowMs
    else {
      delivery.undecided.delete(ref)
      hand.unsettled.delete(ref)
    }
  }
  return ours
}

/** Whose grace has passed without a word on itself gets a call of its own. @returns whether there is such a one. */
function offerNextAlone(m: Model, delivery: Running): boolean {
  delivery.alone ??= { waiting: [...delivery.undecided.keys()], endsAtMs: m.nowMs + ALONE_TIME_MS }
  const { waiting, endsAtMs } = delivery.alone
  for (let ref = waiting.shift(); ref !== undefined; ref = waiting.shift()) {
    const { called, own } = undecidedOf(delivery, ref)
    if (!called || own || !isGraceOver(m, delivery, ref) || m.nowMs >= endsAtMs) continue
    delivery.offer = { operator: 0, tries: 0, asked: [ref], passed: [] }
    return true
  }
  return false
}

/** What has no verdict fails when its time is over and the last word was about it, and is tried again otherwise. */
function conclude(m: Model, delivery: Running, facts: Facts): void {
  write(m, delivery, facts)
  for (const [ref, { called, own }] of delivery.undecided) {
    const ending: Ending =
      own && isGraceOver(m, delivery, ref)
        ? { kind: 'failed', ref, provider: '' }
        : { kind: 'released', ref, provider: '', tried: called }
    delivery.verdicts.push(ending)
  }
  delivery.undecided.clear()
  write(m, delivery, facts)
}

function isGraceOver(m: Model, delivery: Running, ref: string): boolean {
  const { retryingSinceMs } = taskOf(m, delivery, ref)
  return retryingSinceMs !== null && m.nowMs - retryingSinceMs >= GRACE_MS
}

function undecidedOf(delivery: Running, ref: string) {
  const found = delivery.undecided.get(ref)
  if (!found) throw new Error(`${ref} is decided`)
  return found
}

function taskOf(m: Model, delivery: Running, ref: string): Task {
  const found = handOf(m, delivery.hand).tasks.get(ref)
  if (!found) throw new Error(`${ref} is not in hand`)
  return found
}
