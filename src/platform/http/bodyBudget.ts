/** What may be held of bodies that are being read, all together. */
export interface BodyBudget {
  /** @returns whether there is room; if not, nothing was taken. */
  take(bytes: number): boolean
  give(bytes: number): void
}

export function openBodyBudget(bytesMax: number): BodyBudget {
  let held = 0
  return {
    take(bytes) {
      if (held + bytes > bytesMax) return false
      held += bytes
      return true
    },
    give: (bytes) => void (held -= bytes),
  }
}
