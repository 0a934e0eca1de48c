import type { EngineLimits, PageSize } from '../audit/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { RetentionEvents } from './events.ts'
import type { Kept } from './types.ts'

export interface RetentionSettings {
  db: Db
  databaseUrl: string
  kept: Kept
  limits: EngineLimits
  /** Where weeks are written as Parquet before they go. Undefined: nowhere. */
  archiveFolder: string | undefined
  /** Hashes numbers before their messages go; with `kept.textsMs`. */
  numberKey: string | undefined
  events: RetentionEvents
  /** Replaces the database's time in tests. */
  nowMs?: () => number
  /** Replaces SETTLED_MS in tests. */
  settledMs?: number
}

/** Of a round. */
export interface RoundContext extends RetentionSettings {
  size: PageSize
}

/**
 * Between the last change of a week and its removal. The head of the audit follows what changed within some seconds, and
 * after five minutes it begins at the present.
 */
export const SETTLED_MS = 600_000
