import type { KeyHolder } from '../clients/sendKeyed.ts'
import type { Measured, Started } from '../startWorld.ts'

/** Ends when it has sent everything. @returns what measures it, once everything has finished. */
export type Scenario = (
  started: Started,
  context: {
    holders: readonly KeyHolder[]
    seed: number
    /** Of the outage. */
    durationMs: number
    say: (line: string) => void
  },
) => Promise<() => Promise<Measured>>
