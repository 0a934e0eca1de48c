import type { DeliveryRow, NamedMessage, RecipientKey } from '../messages/index.ts'
import { findByMatchKeys, isTerminal, readDeliveryRows, referenceOf, toKey } from '../messages/index.ts'
import type { Receipt } from '../operators/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { matchKeyOf, recodedKeysOf } from './recodings.ts'

/** A receipt to find the message of. */
export interface Sought {
  operator: string
  receipt: Receipt
  /** Since it was received. */
  ageMs: number
}

/** The recipient that a receipt is about, and the part; or why none is found. */
export type Match = (RecipientKey & { partNo: number | null }) | { fault: string }

export const NOT_FOUND = 'matches no message'
export const AMBIGUOUS = 'matches several messages'

/**
 * A receipt may come before the identifier that it carries is stored. One that only matches messages which have their
 * receipt already is taken for a repeat of theirs after this time.
 */
const REPEAT_AFTER_MS = 2_000

/**
 * Finds the message of each receipt: by our reference where the operator returns it, else by the operator's identifier.
 * Nothing is locked. @returns by position.
 */
export async function matchReceipts(reader: Reader, sought: Sought[]): Promise<Match[]> {
  const named = await findNamed(reader, sought)
  const references = sought.flatMap(({ receipt }) => toKey(receipt.reference) ?? [])
  const rows = await readDeliveryRows(reader, distinct([...references, ...named.all]))
  const states = new Map(rows.map((row) => [row.reference, row]))
  return sought.map((each) => {
    const key = toKey(each.receipt.reference)
    if (key && states.has(referenceOf(key))) return { ...key, partNo: partOf(each, key, named) }
    return matchByIdentifier(each, named.of(each), states)
  })
}

interface Named {
  all: NamedMessage[]
  of: (sought: Sought) => NamedMessage[]
}

async function findNamed(reader: Reader, sought: Sought[]): Promise<Named> {
  const byOperator = new Map<string, Map<string, NamedMessage[]>>()
  const all: NamedMessage[] = []
  for (const [operator, theirs] of Map.groupBy(sought, ({ operator }) => operator)) {
    const keys = [...new Set(theirs.flatMap(keysOf))]
    const messages = await findByMatchKeys(reader, operator, keys)
    byOperator.set(
      operator,
      Map.groupBy(messages, ({ matchKey }) => matchKey),
    )
    all.push(...messages)
  }
  const of = (each: Sought) =>
    [...new Set(keysOf(each))].flatMap((key) => byOperator.get(each.operator)?.get(key) ?? [])
  return { all, of }
}

/** A receipt of one part carries our reference of the message, and its own identifier of the part. */
function partOf(sought: Sought, key: RecipientKey, named: Named): number | null {
  const isTheirs = (message: NamedMessage) => referenceOf(message) === referenceOf(key)
  return sought.receipt.partNo ?? named.of(sought).find(isTheirs)?.partNo ?? null
}

function keysOf({ receipt: { operatorMessageId: id } }: Sought): string[] {
  return id === null ? [] : [matchKeyOf(id), ...recodedKeysOf(id)]
}

/**
 * Exact first; then case, leading zeros, and the other base, each only if it leads to exactly one message that waits for
 * a receipt. A message that has its receipt gets repeats of it.
 */
function matchByIdentifier(
  { receipt: { operatorMessageId: id }, ageMs }: Sought,
  candidates: NamedMessage[],
  states: Map<string, DeliveryRow>,
): Match {
  if (id === null || candidates.length === 0) return { fault: NOT_FOUND }
  const notations: ((message: NamedMessage) => boolean)[] = [
    ({ providerMessageId }) => providerMessageId === id,
    ({ providerMessageId }) => providerMessageId.toLowerCase() === id.toLowerCase(),
    ({ matchKey }) => matchKey === matchKeyOf(id),
    () => true,
  ]
  for (const isSame of notations) {
    const same = candidates.filter(isSame)
    const open = distinctMessages(
      same.filter((message) => awaitsReceipt(message, states.get(referenceOf(message)))),
    )
    const [only, ...others] = open
    if (others.length > 0) return { fault: AMBIGUOUS }
    if (only) return only
    const isExact = isSame === notations[0]
    if (isExact && same.length > 0) return repeatOf(same, ageMs)
  }
  const known = distinctMessages(candidates)
  return known.length === 1 ? repeatOf(known, ageMs) : { fault: AMBIGUOUS }
}

function repeatOf(messages: NamedMessage[], ageMs: number): Match {
  const [latest] = messages.toSorted((a, b) => (a.smsIdentifier > b.smsIdentifier ? -1 : 1))
  return latest && ageMs >= REPEAT_AFTER_MS ? latest : { fault: NOT_FOUND }
}

function awaitsReceipt({ partNo, partStatus }: NamedMessage, row: DeliveryRow | undefined): boolean {
  if (!row) return false
  if (row.status !== 'done') return !isTerminal(row.status)
  return (partNo === null ? row.deliveryStatus : partStatus) === null
}

/** Two parts of one message under one identifier are one message. */
function distinctMessages(messages: NamedMessage[]): NamedMessage[] {
  return [...new Map(messages.map((message) => [referenceOf(message), message])).values()]
}

function distinct(keys: RecipientKey[]): RecipientKey[] {
  return [...new Map(keys.map((key) => [referenceOf(key), key])).values()]
}
