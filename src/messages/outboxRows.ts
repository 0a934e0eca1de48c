import type { Account } from '../ledger/index.ts'
import { EXPRESS_ORDER_MAX_MS, tagsOf } from '../outbox/index.ts'
import type { NormalOrder, OutboxRow, RowOrder } from '../outbox/index.ts'
import type { AcceptedRequest } from './decide.ts'
import { guaranteedWithinMsOf } from './guarantee.ts'

/** What the order of rows is computed from. */
export interface OrderBasis {
  normalOrder: NormalOrder
  accounts: Map<number, Account>
  /** The start tag that a claim took last. */
  virtualTime: number
  /** Of express requests that do not say it. */
  guaranteedWithinMs: number
}

type Departing = Pick<AcceptedRequest, 'request' | 'departure'>

/** @returns the outbox rows of accepted requests. Advances the fair tags of the locked accounts of normal ones. */
export function toOutboxRows(accepted: Departing[], basis: OrderBasis, newId: () => string): OutboxRow[] {
  return accepted.flatMap((one) => {
    const orders = ordersOf(one, basis)
    return one.departure.rows.map(({ range }, index) => ({
      ...{ id: newId(), type: one.request.type, ranges: [range] },
      order: orders[index] ?? byDeadline(one.request, basis),
    }))
  })
}

/** Express rows leave in the order of their deadlines; a long guarantee counts as a bounded one (decision 0046). */
function byDeadline(request: Departing['request'], { guaranteedWithinMs }: OrderBasis): RowOrder {
  const withinMs = guaranteedWithinMsOf(request, guaranteedWithinMs) ?? guaranteedWithinMs
  return { condition: 'ready', deadlineInMs: Math.min(withinMs, EXPRESS_ORDER_MAX_MS) }
}

/** What waits for a time does not advance its customer's tag: it takes its turn when it is due. */
function ordersOf({ request, departure: { rows, delayed } }: Departing, basis: OrderBasis): RowOrder[] {
  const ready = rows.filter(({ due }) => due === undefined)
  const readyOrders = (
    request.type === 'express' ? ready.map(() => byDeadline(request, basis)) : tag(request, ready, basis)
  ).values()
  return rows.map(({ due: until }) => {
    if (until) return { condition: 'waiting', until, scheduledBy: delayed?.by ?? 'schedule' }
    return readyOrders.next().value ?? byDeadline(request, basis)
  })
}

function tag(
  { userId, parts: partsOfOne = 1, sending }: Departing['request'],
  rows: Departing['departure']['rows'],
  { normalOrder, accounts, virtualTime }: OrderBasis,
): RowOrder[] {
  const account = accounts.get(userId)
  if (!account) throw new Error(`customer ${userId} is charged and has no locked balance`)
  const parts = rows.map(({ range: { first, last } }) => (last - first + 1) * partsOfOne)
  const { tags, lastTag } = tagsOf[normalOrder](account.fairTag, virtualTime, parts, sending?.normalWeight)
  if (rows.length > 0) account.fairTag = lastTag
  return tags.map((tag) => ({ condition: 'ready', tag }))
}
