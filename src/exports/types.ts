import type { ExportState, TransactionType } from '../../db/schema.ts'
import type { V1Status } from '../messages/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Column, Row } from './columns.ts'

/** What a file may hold: a row a recipient, or a row a transaction. */
export const CONTENTS = ['messages', 'ledger'] as const
export type Content = (typeof CONTENTS)[number]

export const FORMATS = ['csv', 'ndjson', 'parquet'] as const
export type Format = (typeof FORMATS)[number]

/** Each one that is given has to hold. */
export interface Filters {
  /** Of messages. */
  type?: MessageClass | undefined
  status?: V1Status | undefined
  /** A number, equal by its digits. */
  recipient?: string | undefined
  /** In two capitals of ISO 3166-1. */
  country?: string | undefined
  operator?: string | undefined
  /** Of the ledger. */
  transaction_type?: TransactionType | undefined
}

/** What is asked for: what was accepted or booked from a time to before another one. */
export interface ExportRequest {
  userId: number
  what: Content
  format: Format
  fromMs: number
  untilMs: number
  filters: Filters
}

/**
 * - reason: why it failed: `too_many_rows`, `too_many_bytes`, `disk_full`, `parquet_missing`, or `gave_up` after repeated
 *   failures.
 */
export interface ExportView extends ExportRequest {
  id: string
  state: ExportState
  reason: string | null
  rows: number
  bytes: number
  /** The sum of the rows' money, in the smallest unit: of a ledger its amounts, of messages what is charged and not refunded. */
  total: number
  /** How far it has come, from 0 to 1. */
  share: number
  sha256: string | null
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  /** When its file will be removed. */
  expiresAt: Date | null
  /** Of its file, while there is one. */
  download: { signature: string; expiresSeconds: number } | null
}

/** Where the rows of a file come from. */
export interface Source {
  columns: readonly Column[]
  /** Reads on after a position, or from the beginning, in brief statements. It examines `rowsMax` rows at most. */
  readPage: (from: { position: string | null; rowsMax: number }) => Promise<SourcePage>
}

export interface SourcePage {
  rows: Row[]
  /** Examined, including rows that the filters leave out. */
  examined: number
  /** Of the rows. */
  total: number
  /** Where the next page begins. */
  position: string | null
  /** The time up to which rows were examined. */
  reachedMs: number
  isLast: boolean
}
