import { createBatcher } from '../platform/batcher.ts'
import type { Batcher } from '../platform/batcher.ts'
import { LockTimeout } from '../platform/db/index.ts'
import type { Settled, EnvelopeSettlement } from './settle.ts'
import { openSlots } from './slots.ts'

/** Settles endings of one customer whose balance was held. */
export type SettleAside = (userId: number, settlement: EnvelopeSettlement) => Promise<Settled>

/**
 * Customers waited for at once. One whose balance stays locked has one turn, for the time of a lock wait; the next gets
 * the other. Each takes a database connection of the class.
 */
const CUSTOMERS_AT_ONCE = 2

interface Line {
  gathering: Batcher<EnvelopeSettlement, Settled>
  length: number
}

export interface AsideSettings {
  run: (settlements: EnvelopeSettlement[], userId: number) => Promise<Settled[]>
  weigh: (settlement: EnvelopeSettlement) => number
  batchWeightMax: number
  /** Of faults other than a balance that is still held, which is the fault of all. */
  mayBeItemFault: (error: unknown) => boolean
}

/** A line for each customer who is waited for: none of them waits behind another's balance. */
export function openAside({ run, mayBeItemFault, ...settings }: AsideSettings): SettleAside {
  const lines = new Map<number, Line>()
  const turns = openSlots(CUSTOMERS_AT_ONCE)
  const openLine = (userId: number): Line => ({
    gathering: createBatcher({
      ...settings,
      mayBeItemFault: (error) => !(error instanceof LockTimeout) && mayBeItemFault(error),
      runBatch: async (settlements) => {
        const giveBack = await turns.take()
        try {
          return await run(settlements, userId)
        } finally {
          giveBack()
        }
      },
    }),
    length: 0,
  })
  return async (userId, settlement) => {
    const line = lines.get(userId) ?? openLine(userId)
    lines.set(userId, line)
    line.length++
    try {
      return await line.gathering.add(settlement)
    } finally {
      if (--line.length === 0) lines.delete(userId)
    }
  }
}
