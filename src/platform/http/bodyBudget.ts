/** What may be held of bodies that are being read, all together. */
export interface BodyBudget {
  /**
   * @param heldBytes what is already held of the same body
   * @returns whether there is room; if not, nothing was taken.
   */
  take(bytes: number, heldBytes: number): boolean
  give(bytes: number): void
}

/** Requests of a few hundred recipients are below it. */
export const SMALL_BODY_BYTES = 16 * 1024
/** So much of the budget is for bodies that are still small: whoever sends slow, large ones does not shut out the rest. */
const SMALL_SHARE = 0.25

export function openBodyBudget(bytesMax: number): BodyBudget {
  const largeBytesMax = bytesMax * (1 - SMALL_SHARE)
  let held = 0
  return {
    take(bytes, heldBytes) {
      const isSmall = heldBytes + bytes <= SMALL_BODY_BYTES
      if (held + bytes > (isSmall ? bytesMax : largeBytesMax)) return false
      held += bytes
      return true
    },
    give: (bytes) => void (held -= bytes),
  }
}
