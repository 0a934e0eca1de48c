import type { AccessCustomer, AccessKey, KeyMode, Scope, Tier } from '../primitives/access.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'
import type { SendingWindow } from '../primitives/sendingWindow.ts'

/** A customer with the times of its row. */
export interface Customer extends AccessCustomer {
  createdAt: Date
  updatedAt: Date
}

/** A customer's key as it is listed, which is without the key. */
export interface ApiKey extends AccessKey {
  createdAt: Date
  revokedAt: Date | null
  /** Written at most once a minute. */
  lastUsedAt: Date | null
}

/** What an admin may set of a customer. */
export interface CustomerValues {
  name: string
  tier: Tier
  partsPerMinute: number | null
  partsBurst: number | null
  requestsPerSecond: number | null
  allowedSenders: readonly string[] | null
  spendPerDay: number | null
  spendPerMonth: number | null
  onUnknown: OnUnknown | null
  normalWeight: number
  sendingPartsPerSecond: number | null
  sendingWindow: SendingWindow | null
  guaranteedWithinMs: number | null
  hedge: boolean
}

export interface KeyRequest {
  name: string
  mode: KeyMode
  scopes: readonly Scope[]
  expiresAt: Date | null
  allowedSources: readonly string[] | null
}

/** Where a page of a list that is ordered by identifier ended. */
export interface PageQuery {
  limit: number
  /** The identifier that ended the last page. */
  before?: string | undefined
}

/** The rows of a page, and the identifier after which the next one begins; null on the last page. */
export interface Page<T> {
  items: T[]
  nextBefore: string | null
}
