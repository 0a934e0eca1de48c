/** The tag units of one message part of weight 1. */
const UNITS_PER_PART = 1_000

export interface Tags {
  /** One for each row, in the rows' order. */
  tags: number[]
  /** The customer's new last tag. */
  lastTag: number
}

/**
 * Start-time fair queueing of normal rows (decision 0016): customers with a backlog take turns by parts, and idle
 * capacity that a customer used alone costs it nothing.
 * @param lastTag read under the customer's lock. @param virtualTime the tag claimed last, some seconds old at most.
 * @param parts the message parts of each row. @param weight divides them: of a backlog, a customer of weight 2 sends twice
 * as much as one of weight 1.
 */
export function startTags(lastTag: number, virtualTime: number, parts: number[], weight = 1): Tags {
  let next = Math.max(lastTag, virtualTime)
  const tags = parts.map((each) => {
    const tag = next
    next += Math.ceil((each * UNITS_PER_PART) / weight)
    return tag
  })
  return { tags, lastTag: next }
}

/**
 * First in, first out: every row takes the virtual time, so that rows of equal tags leave in the order of their
 * identifiers, whatever their weights are. The customer's last tag is kept, in case fair order is enabled again.
 */
export function arrivalTags(lastTag: number, virtualTime: number, parts: number[]): Tags {
  return { tags: parts.map(() => virtualTime), lastTag }
}

/** @returns about how many parts of a customer have their tags between two, from the lower one on. */
export function partsBetween(lowerTag: number, upperTag: number, weight: number): number {
  return Math.max(0, Math.round(((upperTag - lowerTag) * weight) / UNITS_PER_PART))
}

export const NORMAL_ORDERS = ['fair', 'fifo'] as const
export type NormalOrder = (typeof NORMAL_ORDERS)[number]

/** How the tags of normal rows are chosen, by the setting NORMAL_ORDER. */
export const tagsOf: Record<NormalOrder, typeof startTags> = { fair: startTags, fifo: arrivalTags }
