import type { Account } from '../ledger/index.ts'
import { EXPRESS_DEADLINE_MS, cutIntoRanges, startTags } from '../outbox/index.ts'
import type { OutboxRow, RecipientRange, RowOrder } from '../outbox/index.ts'
import type { Submitted } from './decide.ts'

/** `fair` shares the throughput between customers; `fifo` sends in order of acceptance. */
export type NormalOrder = 'fair' | 'fifo'

/** What fair queueing needs; undefined for first in, first out. */
export interface FairOrder {
  accounts: Map<number, Account>
  /** The start tag that a claim took last. */
  virtualTime: number
}

/** @returns the outbox rows of accepted requests. Advances the fair tags of the locked accounts of normal ones. */
export function toOutboxRows(
  requests: Submitted[],
  fair: FairOrder | undefined,
  newId: () => string,
): OutboxRow[] {
  return requests.flatMap((request) => {
    const { smsIdentifier, userId, type, traceparent, recipients } = request
    const ranges = cutIntoRanges({ smsIdentifier, userId, traceparent }, recipients.length)
    const orders = ordersOf(request, ranges, fair)
    return ranges.map((range, index) => ({
      id: newId(),
      type,
      ranges: [range],
      order: orders[index] ?? AT_ONCE,
    }))
  })
}

const AT_ONCE: RowOrder = { condition: 'ready', deadlineInMs: 0 }

function ordersOf(
  { type, userId }: Submitted,
  ranges: RecipientRange[],
  fair: FairOrder | undefined,
): RowOrder[] {
  if (type === 'express') return ranges.map(() => ({ condition: 'ready', deadlineInMs: EXPRESS_DEADLINE_MS }))
  const account = fair?.accounts.get(userId)
  if (!fair || !account) return ranges.map(() => AT_ONCE)
  const parts = ranges.map(({ first, last }) => last - first + 1)
  const { tags, lastTag } = startTags(account.fairTag, fair.virtualTime, parts)
  account.fairTag = lastTag
  return tags.map((tag) => ({ condition: 'ready', tag }))
}
