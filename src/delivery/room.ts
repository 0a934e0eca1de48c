/** What may be in hand at once, by weight: recipients. */
export interface Room {
  /**
   * Waits until less than the bound is inside, in the order of asking, and comes in whole: so there is always room for
   * one, however heavy. Rejects when `stopping` is aborted first.
   */
  enter(weight: number, stopping?: AbortSignal): Promise<Stay>
}

/** Leaves bit by bit, or at once with all that is left. */
export interface Stay {
  leave(weight?: number): void
}

export function openSemaphore(bound: number): Room {
  let inside = 0
  const waiting = new Set<() => void>()
  const letIn = () => {
    for (const comeIn of waiting) {
      if (inside >= bound) return
      waiting.delete(comeIn)
      comeIn()
    }
  }
  const stay = (weight: number): Stay => {
    let left = weight
    inside += weight
    return {
      leave: (part = left) => {
        const going = Math.min(part, left)
        left -= going
        inside -= going
        letIn()
      },
    }
  }
  return {
    enter: (weight, stopping) =>
      new Promise((resolve, reject) => {
        if (stopping?.aborted) return reject(stopping.reason as Error)
        const giveUp = () => {
          waiting.delete(comeIn)
          reject(stopping?.reason as Error)
        }
        const comeIn = () => {
          stopping?.removeEventListener('abort', giveUp)
          resolve(stay(weight))
        }
        stopping?.addEventListener('abort', giveUp, { once: true })
        waiting.add(comeIn)
        letIn()
      }),
  }
}
