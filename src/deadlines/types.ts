import type { MissCause } from '../../db/schema.ts'

/** Recipients whose guarantee was missed, by cause. */
export type Misses = Record<MissCause, number>

export const NO_MISSES: Misses = { late: 0, unsent: 0 }

/** One recipient whose guarantee was missed. */
export interface MissView {
  smsIdentifier: string
  recipientNo: number
  userId: number
  recipient: string
  cause: MissCause
  guaranteedBy: Date
  /** When it was handed over, or failed. */
  endedAt: Date
  /** `none`: nothing is owed. `paid` with 0: the price had gone back before. */
  compensation: 'none' | 'due' | 'paid'
  /** What was given back for the miss, in the smallest unit. */
  compensated: number
}
