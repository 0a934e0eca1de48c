import type { Account } from '../ledger/index.ts'
import { EXPRESS_DEADLINE_MS, cutIntoRanges, tagsOf } from '../outbox/index.ts'
import type { NormalOrder, OutboxRow, RecipientRange, RowOrder } from '../outbox/index.ts'
import type { Submitted } from './decide.ts'

/** What the order of normal rows is computed from. */
export interface OrderBasis {
  normalOrder: NormalOrder
  accounts: Map<number, Account>
  /** The start tag that a claim took last. */
  virtualTime: number
}

/** @returns the outbox rows of accepted requests. Advances the fair tags of the locked accounts of normal ones. */
export function toOutboxRows(requests: Submitted[], basis: OrderBasis, newId: () => string): OutboxRow[] {
  return requests.flatMap((request) => {
    const { smsIdentifier, userId, traceparent, recipients, type } = request
    const ranges = cutIntoRanges({ smsIdentifier, userId, traceparent }, recipients.length)
    const orders = ordersOf(request, ranges, basis)
    return ranges.map((range, index) => ({
      id: newId(),
      type,
      ranges: [range],
      order: orders[index] ?? EXPRESS,
    }))
  })
}

/** A scheduled message does not advance its customer's tag: it takes its turn when it is due. */
function ordersOf(
  { type, userId, sendAt, parts = 1 }: Submitted,
  ranges: RecipientRange[],
  basis: OrderBasis,
): RowOrder[] {
  if (sendAt) return ranges.map(() => ({ condition: 'waiting', until: sendAt }))
  return type === 'express' ? ranges.map(() => EXPRESS) : normalOrders(userId, ranges, parts, basis)
}

const EXPRESS: RowOrder = { condition: 'ready', deadlineInMs: EXPRESS_DEADLINE_MS }

function normalOrders(
  userId: number,
  ranges: RecipientRange[],
  partsOfOne: number,
  { normalOrder, accounts, virtualTime }: OrderBasis,
): RowOrder[] {
  const account = accounts.get(userId)
  if (!account) throw new Error(`customer ${userId} is charged and has no locked balance`)
  const parts = ranges.map(({ first, last }) => (last - first + 1) * partsOfOne)
  const { tags, lastTag } = tagsOf[normalOrder](account.fairTag, virtualTime, parts)
  account.fairTag = lastTag
  return tags.map((tag) => ({ condition: 'ready', tag }))
}
