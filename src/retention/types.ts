import type { RemovalState, RemovedKind } from '../../db/schema.ts'
import type { Identifier } from '../primitives/identifier.ts'

/** A week that may be removed: what its partitions end with, as a time and as an identifier. */
export interface Week {
  kind: RemovedKind
  belowMs: number
  below: Identifier
}

/** A week with what has been done for it so far; no state before anything was. */
export interface WeekState extends Week {
  state: RemovalState | null
  /** A cursor of the audit, or of the ledger's rows. */
  position: string | null
  hasManifest: boolean
  /** Since it came into its state, by the database's clock. */
  ageMs: number
  blockedBy: Reason | null
}

/** Why a week that is due goes no further; `describePlan` says each in words. */
export type Reason =
  | 'earlier'
  | 'fold'
  | 'rollups'
  | 'open'
  | 'quarantined'
  | 'holds'
  | 'outbox'
  | 'events'
  | 'audit'
  | 'sums'
  | 'archive'
  | 'locked'

/** How long rows are kept, in milliseconds. Undefined: for ever. */
export interface Kept {
  messagesMs?: number | undefined
  ledgerMs?: number | undefined
  textsMs?: number | undefined
}
