import type { MessageClass } from '../contract.ts'

/** What is counted together. Judged once it is over and every process has added its counts. */
export const SLOT_SECONDS = 2

/** Calls of one class, by messages. What was rejected, refused or throttled says nothing of the operator's health. */
export interface CallCounts {
  accepted: number
  /** Not taken, or without an answer. */
  failed: number
  /** Of the calls that took them, together. */
  latencyMs: number
}

/** What is known of an operator for numbers that share a health, in one slot. */
export interface HealthCounts {
  calls: Record<MessageClass, CallCounts>
  /** Final receipts that arrived, whenever their messages were sent. */
  delivered: number
  undelivered: number
}

export interface HealthKey {
  operator: string
  /** Of numbers: a route's, or a calling code. */
  prefix: string
}

export interface SlotRow extends HealthKey, HealthCounts {
  /** By the database's clock. */
  slot: number
}

export function noCounts(): HealthCounts {
  return { calls: { normal: noCalls(), express: noCalls() }, delivered: 0, undelivered: 0 }
}

function noCalls(): CallCounts {
  return { accepted: 0, failed: 0, latencyMs: 0 }
}
