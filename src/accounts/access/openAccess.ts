import type { RateLimit } from '../../limits/index.ts'
import { databaseNowMs, read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { Authorize } from '../../platform/http/index.ts'
import { startLoop } from '../../platform/loop.ts'
import { addressCheckOf } from '../../primitives/ipRange.ts'
import { isDemoKey } from '../demoClient.ts'
import type { AccountsEvents } from '../events.ts'
import { readRevision } from '../revision.ts'
import { createAuthorize } from './authorize.ts'
import { openKeyCache } from './keyCache.ts'
import type { KeyCache } from './keyCache.ts'
import { openLastUse, writeLastUse } from './lastUse.ts'
import type { LastUse } from './lastUse.ts'
import { limitRequests } from './limitRequests.ts'
import { lookUpKey } from './lookUpKey.ts'
import { sourceAddressOf } from './sourceAddress.ts'
import { openWrongKeys } from './wrongKeys.ts'

export interface AccessSettings {
  /** Addresses and ranges whose `X-Forwarded-For` counts. */
  trustedProxies: readonly string[]
  adminKey?: string | undefined
  /** Routes that may be open need no key. */
  isOpen: boolean
  servesTestKeys: boolean
  /** The demo client's key is known to everyone, and so good on this machine alone. */
  servesDemoKey: boolean
  /** Requests of a customer that has no limit of its own, in this process. */
  requestsLimit: RateLimit
}

export interface AccessGate {
  authorize: Authorize
  close(): Promise<void>
}

/** A revocation has to be in effect everywhere within a second: this, the query, and some room. */
const POLL_EVERY_MS = 400
/** Several polls fit into the time for which keys are trusted without one. */
const POLL_TIMEOUT_MS = 1_000
const LAST_USE_EVERY_MS = 10_000

/** Opens what checks the keys of one process: its cache, the poll that keeps that true, and the record of last uses. */
export async function openAccess(
  db: Db,
  settings: AccessSettings,
  events: AccountsEvents,
): Promise<AccessGate> {
  const cache = openKeyCache()
  const lastUse = openLastUse()
  const authorize = createAuthorize({
    ...settings,
    cache,
    wrongKeys: openWrongKeys(),
    sourceAddressOf: sourceAddressOf(addressCheckOf(settings.trustedProxies)),
    lookUp: async (hash) => {
      const { revision, key } = await lookUpKey(db, hash)
      return key && (settings.servesDemoKey || !isDemoKey(hash)) ? { revision, key } : { revision }
    },
    onUsed: (keyId) => lastUse.note(keyId),
    nowMs: () => databaseNowMs(db),
  })
  const poll = () => pollRevision(db, cache, events)
  await poll()
  const loops = [
    startLoop({ runOnce: poll, idleMs: POLL_EVERY_MS, onError: (error) => events.revisionUnreadable(error) }),
    startLoop({
      runOnce: () => flushLastUse(db, lastUse),
      idleMs: LAST_USE_EVERY_MS,
      onError: (error) => events.lastUseUnwritten(error),
    }),
  ]
  return {
    authorize: events.countRefusals(limitRequests(authorize, settings.requestsLimit)),
    async close() {
      await Promise.all(loops.map((loop) => loop.close()))
      await flushLastUse(db, lastUse).catch((error: unknown) => events.lastUseUnwritten(error))
    },
  }
}

/** A failure is no fault of the loop, which would wait for longer after it. */
export async function pollRevision(db: Db, cache: KeyCache, events: AccountsEvents): Promise<'idle'> {
  const askedAtMs = performance.now()
  try {
    cache.confirm(await read(db, 'accounts.poll_revision', readRevision, POLL_TIMEOUT_MS), askedAtMs)
  } catch (error) {
    events.revisionUnreadable(error)
  }
  return 'idle'
}

export async function flushLastUse(db: Db, lastUse: LastUse): Promise<'worked' | 'idle'> {
  const batch = lastUse.take()
  await writeLastUse(db, batch)
  return batch.length > 0 ? 'worked' : 'idle'
}
