/** A bound on the bytes of all bodies that are being read. */
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
/** The share of the budget reserved for small bodies, so that slow, large ones do not block the rest. */
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
