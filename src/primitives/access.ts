import type { OnUnknown } from './onUnknown.ts'
import type { SendingWindow } from './sendingWindow.ts'

/** What a key may be used for. `manage` is for the customer's own keys. */
export const SCOPES = ['send', 'read', 'manage'] as const
export type Scope = (typeof SCOPES)[number]

/** What a test key sends goes to the test operator. It reads what a live key reads, and manages test keys alone. */
export const KEY_MODES = ['live', 'test'] as const
export type KeyMode = (typeof KEY_MODES)[number]

/** A tier stands for limits; own values of a customer replace them. */
export const TIERS = ['free', 'basic', 'premium'] as const
export type Tier = (typeof TIERS)[number]

/** The customer that a key belongs to. */
export interface AccessCustomer {
  /** Seed 003's number, under which money and messages are kept. */
  userId: number
  /** A UUID, which the API shows. */
  publicId: string
  name: string
  tier: Tier
  /** Own limits; null where the tier's apply. */
  partsPerMinute: number | null
  partsBurst: number | null
  requestsPerSecond: number | null
  /** Senders that its messages may name; null for any. */
  allowedSenders: readonly string[] | null
  /** Most that it may be charged, in the smallest unit; null where there is no limit. */
  spendPerDay: number | null
  spendPerMonth: number | null
  /** Of messages that do not say it; null where their class and operators decide. */
  onUnknown: OnUnknown | null
  /** How its messages leave: see SendingPlan. */
  normalWeight: number
  sendingPartsPerSecond: number | null
  sendingWindow: SendingWindow | null
  /** Of its express messages: see Guarantee. */
  guaranteedWithinMs: number | null
  hedge: boolean
}

export interface AccessKey {
  id: string
  name: string
  /** The beginning and the end of the key, by which a person recognises it. */
  hint: string
  mode: KeyMode
  scopes: readonly Scope[]
  expiresAt: Date | null
  /** Ranges of addresses that may use it; null for any. */
  allowedSources: readonly string[] | null
}

/** On whose behalf a request acts, as its handler gets it. */
export interface Access {
  /** Whose key it is. Absent with the admin key and without a key. */
  customer?: AccessCustomer
  key?: AccessKey
  isAdmin: boolean
  /** Whether the key is a test key. */
  isTest: boolean
  /** No key was given, and none is needed: any customer is served. */
  isOpen: boolean
  /** Who it is, for the log of changes. */
  actor: string
}

/** Access without a key, where the engine is open or the route public. */
export const OPEN_ACCESS: Access = { isAdmin: false, isTest: false, isOpen: true, actor: 'without a key' }

/** The number of no customer: requests can name numbers from 1 on. */
export const NO_CUSTOMER = 0

/**
 * @returns the customer to serve when a request names one: another than the key's is replaced by `NO_CUSTOMER`, which gets
 * the answer of an unknown customer, word for word.
 */
export function customerServed({ isOpen, customer }: Access, userId: number): number {
  return isOpen || customer?.userId === userId ? userId : NO_CUSTOMER
}

/** @returns the key's customer, on a route that needs a key of one. @throws Error when the route let another in. */
export function customerOf({ customer }: Access): AccessCustomer {
  if (!customer) throw new Error('a route of customers was reached without a customer')
  return customer
}
