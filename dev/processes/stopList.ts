/** What was started so far, to be stopped in reverse: later parts rest on earlier ones. */
export interface StopList {
  add(stop: () => Promise<unknown>): void
  /** Stops all, even when one of them refuses; rejects with the first refusal. May be called at any moment. */
  stopAll(): Promise<void>
}

export function createStopList(): StopList {
  const steps: (() => Promise<unknown>)[] = []
  return {
    add: (stop) => void steps.push(stop),
    async stopAll() {
      const refusals: unknown[] = []
      for (let step = steps.pop(); step; step = steps.pop()) {
        await step().catch((error: unknown) => refusals.push(error))
      }
      if (refusals.length > 0) throw refusals[0]
    },
  }
}
