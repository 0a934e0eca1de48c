/** The tag units of one message part. Weights will divide them. */
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
 * @param parts the message parts of each row.
 */
export function startTags(lastTag: number, virtualTime: number, parts: number[]): Tags {
  let next = Math.max(lastTag, virtualTime)
  const tags = parts.map((each) => {
    const tag = next
    next += each * UNITS_PER_PART
    return tag
  })
  return { tags, lastTag: next }
}

/**
 * First in, first out: every row takes the virtual time, so that rows of equal tags leave in the order of their
 * identifiers. The customer's last tag is kept, in case fair order is enabled again.
 */
export function arrivalTags(lastTag: number, virtualTime: number, parts: number[]): Tags {
  return { tags: parts.map(() => virtualTime), lastTag }
}

export const NORMAL_ORDERS = ['fair', 'fifo'] as const
export type NormalOrder = (typeof NORMAL_ORDERS)[number]

/** How the tags of normal rows are chosen, by the setting NORMAL_ORDER. */
export const tagsOf: Record<NormalOrder, typeof startTags> = { fair: startTags, fifo: arrivalTags }
