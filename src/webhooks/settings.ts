import { CALLBACKS, ensureSequence, FEED } from '../events/index.ts'
import { ensureAccount, lockAccounts, readEventSettings, writeEventSettings } from '../ledger/index.ts'
import type { Account, EventSettings } from '../ledger/index.ts'
import { read, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'

/** What a customer decides about its events as a whole. */
export interface Settings {
  /** Events are kept for `GET /v1/events`, also without an endpoint. */
  isFeedOn: boolean
  /** A charge that takes the balance below it makes an event; null for none. In the smallest unit. */
  lowBalance: number | null
  /** Messages may have a callback_url. */
  hasCallbackSecret: boolean
}

/** What is left out stays. */
export interface SettingsChange {
  isFeedOn?: boolean | undefined
  lowBalance?: number | null | undefined
}

export function readSettings(db: Db, userId: number): Promise<Settings> {
  return read(db, 'webhooks.read_settings', async (reader) =>
    toSettings(await readEventSettings(reader, userId)),
  )
}

/** Changes what is given. It holds for every message that is accepted after its commit. @throws Unavailable, CommitUnknown. */
export function changeSettings(
  db: Db,
  userId: number,
  { isFeedOn, lowBalance }: SettingsChange,
): Promise<Settings> {
  return transact(
    db,
    'webhooks.change_settings',
    async (tx) => {
      const account = await lockAccount(tx, userId)
      const sinks = isFeedOn === undefined ? account.eventSinks : withBit(account.eventSinks, FEED, isFeedOn)
      const settings = {
        eventSinks: sinks,
        lowBalance: lowBalance === undefined ? account.lowBalance : lowBalance,
      }
      await writeSettings(tx, userId, settings)
      return toSettings(settings)
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** Locks the row that acceptance decides by; before anything else of this slice. */
export async function lockAccount(tx: Tx, userId: number): Promise<Account> {
  await ensureAccount(tx, userId)
  const account = (await lockAccounts(tx, [userId])).get(userId)
  if (!account) throw new Error(`customer ${userId} has no balance`)
  return account
}

/** Writes where the customer's events go, and gives them a counter first. */
export async function writeSettings(tx: Tx, userId: number, settings: EventSettings): Promise<void> {
  if (settings.eventSinks !== 0) await ensureSequence(tx, userId)
  await writeEventSettings(tx, userId, settings)
}

export function withBit(bits: number, bit: number, isSet: boolean): number {
  return isSet ? bits | bit : bits & ~bit
}

function toSettings({ eventSinks, lowBalance }: EventSettings): Settings {
  return {
    ...{ isFeedOn: (eventSinks & FEED) !== 0, lowBalance },
    hasCallbackSecret: (eventSinks & CALLBACKS) !== 0,
  }
}
