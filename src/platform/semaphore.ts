/** A bound on what is in flight at once, by weight: calls with a weight of 1, batches by their recipients. */
export interface Semaphore {
  /**
   * Waits in the order of calls until less than the bound is taken, and then takes the whole weight, so that a weight
   * above the bound is still admitted. Rejects with the signal's reason when the signal is aborted first.
   */
  acquire(weight: number, signal?: AbortSignal): Promise<Permit>
  use(): SemaphoreUse
}

/** For metrics: weights, and how many callers wait. */
export interface SemaphoreUse {
  taken: number
  limit: number
  waiting: number
}

export interface Permit {
  /** Releases a part of the weight, or all of the rest. Never releases more than was taken. */
  release(part?: number): void
}

/** @param boundOf the bound, or what it is at the moment. */
export function openSemaphore(boundOf: number | (() => number)): Semaphore {
  const bound = typeof boundOf === 'number' ? () => boundOf : boundOf
  let taken = 0
  const waiting = new Set<() => void>()

  function admitWaiting(): void {
    for (const admit of waiting) {
      if (taken >= bound()) return
      waiting.delete(admit)
      admit()
    }
  }

  function take(weight: number): Permit {
    let left = weight
    taken += weight
    return {
      release(part = left) {
        const released = Math.min(part, left)
        left -= released
        taken -= released
        admitWaiting()
      },
    }
  }

  return {
    acquire: (weight, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const abort = () => {
          waiting.delete(admit)
          reject(signal?.reason as Error)
        }
        const admit = () => {
          signal?.removeEventListener('abort', abort)
          resolve(take(weight))
        }
        signal?.addEventListener('abort', abort, { once: true })
        waiting.add(admit)
        admitWaiting()
      }),
    use: () => ({ taken, limit: bound(), waiting: waiting.size }),
  }
}
