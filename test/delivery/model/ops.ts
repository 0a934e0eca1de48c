import type { MessageClass } from '../../../src/primitives/messageClass.ts'
import { takenAs } from './deliveryModel.ts'
import type { Answer } from './deliveryModel.ts'
import type { RelayClaim } from './relayModel.ts'
import { handOf } from './state.ts'
import type { Ending, Model, Named, Task } from './state.ts'
import type { Choice, PartChoice } from './steps.ts'

export interface Sent {
  smsIdentifier: string
  userId: number
  to: number
  type: MessageClass
}

export interface SettlePart {
  hand: number
  endings: Ending[]
  /** Those to whose call no answer came. */
  silent: string[]
}

/** What happens, and to whom. Numbers name hands, relays' claims and deliveries, before and after. */
export type Op =
  | { kind: 'send'; requests: Sent[] }
  | { kind: 'relay'; number: number; how: RelayClaim }
  | { kind: 'afterRelay'; number: number; what: 'mark' | 'giveBack' | 'giveBackCounted' }
  | { kind: 'claim'; numbers: number[]; envelopes: Named[]; owner: string }
  | { kind: 'renew'; hand: number; refs: string[]; silent: boolean }
  | { kind: 'settle'; parts: SettlePart[]; aside?: number }
  | { kind: 'deliver'; number: number; process: number; named: Named }
  | { kind: 'answer'; number: number; answer: Answer }

/** How new things are numbered, and what is at work in one step already. */
export interface Numbering {
  next: () => number
  identifier: () => string
  /** `hand reference`: an owner does one thing at a time with a recipient. */
  busy: Set<string>
}

const pick = <T>(items: T[], choice: number): T | undefined => items[choice % items.length]
const pickSome = <T>(items: T[], some: number): T[] => items.filter((_, index) => (some >> (index % 20)) & 1)

/** Finds whom a choice means. @returns undefined where there is nothing to choose from. */
export function resolve(m: Model, choice: Choice, numbering: Numbering): Op | undefined {
  const { next, identifier, busy } = numbering
  switch (choice.kind) {
    case 'send':
      return {
        kind: 'send',
        requests: choice.requests.map((each) => ({ smsIdentifier: identifier(), ...each })),
      }
    case 'relay': {
      const { type, envelopesMax, batchSizeMax, reaches } = choice
      return { kind: 'relay', number: next(), how: { type, envelopesMax, batchSizeMax, reaches } }
    }
    case 'afterRelay': {
      const number = pick([...m.relayed.keys()], choice.claim)
      return number === undefined ? undefined : { kind: 'afterRelay', number, what: choice.what }
    }
    case 'claim': {
      const envelopes = choice.envelopes.flatMap((envelope) => pickLate(m.envelopes, envelope) ?? [])
      const numbers = envelopes.map(next)
      const owner = (numbers[0] ?? 0).toString(16).padStart(16, '0')
      return envelopes.length === 0 ? undefined : { kind: 'claim', numbers, envelopes, owner }
    }
    case 'renew': {
      const number = pick(ownHands(m), choice.hand)
      if (number === undefined) return undefined
      const refs = takeUp(m, number, choice.some, busy).filter((ref) => !taskOf(m, number, ref).ending)
      return refs.length === 0 ? undefined : { kind: 'renew', hand: number, refs, silent: choice.silent }
    }
    case 'settle': {
      const parts = choice.parts.flatMap((part) => resolvePart(m, part, busy))
      return parts.length === 0 ? undefined : { kind: 'settle', parts }
    }
    case 'settleAside':
      return resolveAside(m, choice.part, busy)
    case 'deliver': {
      const named = pickLate(m.envelopes, choice.envelope)
      const { process } = choice
      if (!named || (m.away.a && m.away.b)) return undefined
      // A consumer does not begin an envelope that it has in hand.
      const key = `${process} ${named.envelope.outboxId}`
      if (busy.has(key)) return undefined
      busy.add(key)
      return { kind: 'deliver', number: next(), process, named }
    }
    case 'answer': {
      const waiting = [...m.deliveries].filter(([number, { call }]) => call && !busy.has(`answer ${number}`))
      const [number] = pick(waiting, choice.delivery) ?? []
      if (number === undefined) return undefined
      // Releases of one row that a process writes together count one attempt, and one after the other two.
      const row = `row ${handOf(m, number).outboxId}`
      if (busy.has(row)) return undefined
      busy.add(`answer ${number}`).add(row)
      return { kind: 'answer', number, answer: choice.answer }
    }
  }
}

/** Counted from the latest, which is mostly where something is left to do. */
function pickLate<T>(items: T[], choice: number): T | undefined {
  return items.at(-1 - (choice % Math.max(items.length, 1)))
}

/** Hands that a test owns; the others are those of deliveries. */
export function ownHands(m: Model): number[] {
  return [...m.hands].flatMap(([number, { tasks }]) =>
    m.deliveries.has(number) || tasks.size === 0 ? [] : [number],
  )
}

/** Mostly an owner that has something to write yet; else any, as when it repeats itself. */
function pickAtWork(m: Model, choice: number): number | undefined {
  const hands = ownHands(m).toReversed()
  const atWork = hands.filter((number) => handOf(m, number).unsettled.size > 0)
  return pick(choice % 4 === 0 || atWork.length === 0 ? hands : atWork, choice)
}

function takeUp(m: Model, number: number, some: number, busy: Set<string>): string[] {
  const free = [...handOf(m, number).tasks.keys()].filter((ref) => !busy.has(`${number} ${ref}`))
  const refs = pickSome(free, some)
  for (const ref of refs) busy.add(`${number} ${ref}`)
  return refs
}

function resolvePart(m: Model, choice: PartChoice, busy: Set<string>): SettlePart[] {
  const hand = pickAtWork(m, choice.hand)
  if (hand === undefined) return []
  const silent: string[] = []
  const endings = takeUp(m, hand, choice.some, busy).map((ref, index) => {
    const decided = taskOf(m, hand, ref).ending
    const kind = choice.kinds[index % choice.kinds.length] ?? 'done'
    if (!decided && choice.silent && kind !== 'done' && kind !== 'untried') silent.push(ref)
    return decided ?? endingOf(hand, ref, kind)
  })
  return endings.length === 0 ? [] : [{ hand, endings, silent }]
}

function endingOf(hand: number, ref: string, kind: PartChoice['kinds'][number]): Ending {
  switch (kind) {
    case 'done':
      return { kind: 'done', ref, provider: 'a', providerMessageId: takenAs(`hand${hand}`, ref) }
    case 'failed':
      return { kind: 'failed', ref, provider: 'a' }
    case 'exhausted':
      return { kind: 'failed', ref, provider: '' }
    case 'released':
    case 'untried':
      return { kind: 'released', ref, provider: '', tried: kind === 'released' }
  }
}

function resolveAside(m: Model, choice: PartChoice, busy: Set<string>): Op | undefined {
  const [part] = resolvePart(m, choice, busy)
  const userIdOf = ({ ref }: Ending) => m.recipients.get(ref)?.userId
  const first = part?.endings.find(({ kind }) => kind === 'failed')
  const aside = first && userIdOf(first)
  if (!part || aside === undefined) return undefined
  const endings = part.endings.filter((ending) => userIdOf(ending) === aside)
  const silent = part.silent.filter((ref) => endings.some((ending) => ending.ref === ref))
  return { kind: 'settle', parts: [{ ...part, endings, silent }], aside }
}

export function taskOf(m: Model, hand: number, ref: string): Task {
  const found = handOf(m, hand).tasks.get(ref)
  if (!found) throw new Error(`${ref} is not in hand ${hand}`)
  return found
}
