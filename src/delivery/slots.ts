/** A bounded number of turns, given in the order of asking. */
export interface Slots {
  /** Waits for a turn. The returned function gives it back. Rejects when `stopping` is aborted first. */
  take(stopping?: AbortSignal): Promise<() => void>
}

export function openSlots(count: number): Slots {
  let free = count
  const waiting: (() => void)[] = []
  const giveBack = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return {
    take: async (stopping) => {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      if (!stopping?.aborted) return giveBack
      giveBack()
      throw stopping.reason
    },
  }
}
