import type { EventType } from '../../events/index.ts'

/** An endpoint as its customer sees it. */
export interface Endpoint {
  id: string
  url: string
  /** Null for all. */
  eventTypes: EventType[] | null
  includeText: boolean
  status: 'active' | 'disabled'
  /** Why it is disabled: `gone` or `failing`. */
  disabledReason: string | null
  /** The number of the last event that was tried. */
  position: number
  /** Failures in a row. */
  failures: number
  failingSince: Date | null
  createdAt: Date
  updatedAt: Date
}

export interface EndpointValues {
  url: string
  eventTypes: EventType[] | null
  includeText: boolean
}

export interface EndpointKey {
  userId: number
  endpointId: string
}

/** A secret that was made now, and until when the one before it signs too. */
export interface NewSecret {
  secret: string
  previousUntil: Date | null
}

/** Each costs a reading of the log. */
export const ENDPOINTS_MAX = 10
/** How long both secrets sign after a rotation. */
export const OVERLAP_HOURS = 24
