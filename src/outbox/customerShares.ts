import type { MessageClass } from '../primitives/messageClass.ts'

/** What relays handed to the broker for a customer. `waitMs` is the sum of its recipients' waits. */
export interface CustomerShare {
  userId: number
  recipients: number
  waitMs: number
}

/** What this process's relays did for each customer of late. */
export interface CustomerShares {
  note(type: MessageClass, claimed: readonly CustomerShare[]): void
  /** @returns the last full minute by customer, the one with the most recipients first. */
  recent(type: MessageClass): CustomerShare[]
}

const WINDOW_MS = 60_000
/** Some 2 MB. The waits of further customers are left out of the minute. */
const CUSTOMERS_MAX = 10_000
export const DECILES = 10

type Shares = Map<number, CustomerShare>

/** Two windows are kept: the one that fills, and the one before. */
export function openCustomerShares(nowMs = () => performance.now()): CustomerShares {
  const empty = (): Record<MessageClass, Shares> => ({ normal: new Map(), express: new Map() })
  let windowNo = Math.floor(nowMs() / WINDOW_MS)
  let filling = empty()
  let full = empty()
  const turn = () => {
    const now = Math.floor(nowMs() / WINDOW_MS)
    if (now === windowNo) return
    full = now === windowNo + 1 ? filling : empty()
    filling = empty()
    windowNo = now
  }
  return {
    note(type, claimed) {
      turn()
      for (const each of claimed) add(filling[type], each)
    },
    recent(type) {
      turn()
      return [...full[type].values()].sort((a, b) => b.recipients - a.recipients)
    },
  }
}

function add(shares: Shares, { userId, recipients, waitMs }: CustomerShare): void {
  const known = shares.get(userId)
  if (known) {
    known.recipients += recipients
    known.waitMs += waitMs
  } else if (shares.size < CUSTOMERS_MAX) shares.set(userId, { userId, recipients, waitMs })
}

/**
 * @param shares the one with the most recipients first. @returns the mean wait of a recipient in each tenth of the customers;
 * undefined where fewer than ten customers leave a tenth empty.
 */
export function waitsByDecile(shares: readonly CustomerShare[]): (number | undefined)[] {
  return Array.from({ length: DECILES }, (_, decile) => {
    const ofDecile = shares.filter((_, index) => Math.floor((index * DECILES) / shares.length) === decile)
    const recipients = ofDecile.reduce((sum, each) => sum + each.recipients, 0)
    return recipients === 0 ? undefined : ofDecile.reduce((sum, { waitMs }) => sum + waitMs, 0) / recipients
  })
}
