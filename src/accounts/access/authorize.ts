import { hash as digest, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import {
  accessUnavailable,
  addressNotAllowed,
  adminKeyRequired,
  customerKeyRequired,
  invalidKey,
  keyRequired,
  missingScope,
  testKeysNotServed,
  tooManyWrongKeys,
} from '../../platform/http/index.ts'
import type { Authorize, RouteAccess } from '../../platform/http/index.ts'
import { OPEN_ACCESS } from '../../primitives/access.ts'
import type { Access } from '../../primitives/access.ts'
import { KEY_CHARS_MAX } from '../keyText.ts'
import { readCredential } from './credential.ts'
import type { KeyCache, KnownKey } from './keyCache.ts'
import type { SourceAddress } from './sourceAddress.ts'
import type { WrongKeys } from './wrongKeys.ts'

export interface AuthorizeOptions {
  cache: KeyCache
  wrongKeys: WrongKeys
  sourceAddressOf: SourceAddress
  /** Finds a key that is not in the cache. */
  lookUp: (hash: Buffer) => Promise<{ revision: number; key?: KnownKey }>
  onUsed: (keyId: string) => void
  /** The time by the database's clock. */
  nowMs: () => number
  /** Without it no key is an admin's. */
  adminKey?: string | undefined
  /** Routes that may be open are. */
  isOpen: boolean
  servesTestKeys: boolean
}

/**
 * @returns what decides on whose behalf a request acts. A key in the cache is decided at once, without a query; another
 * one is looked up, unless its address has sent too many wrong ones.
 */
export function createAuthorize(options: AuthorizeOptions): Authorize {
  const adminHash = options.adminKey === undefined ? undefined : digest('sha256', options.adminKey, 'buffer')
  const find = finderOf(options)

  async function identify(hash: string, { access, source }: AccessRequest): Promise<Access> {
    // Before the admin key is compared: the limit slows guesses of that key as well.
    const waitSeconds = options.wrongKeys.waitSeconds(source)
    if (waitSeconds > 0 && !options.cache.wasKnown(hash)) throw tooManyWrongKeys(waitSeconds)
    if (adminHash && timingSafeEqual(Buffer.from(hash, 'base64'), adminHash))
      return admitAdmin(access, source)
    if (!options.cache.isConfirmed()) throw accessUnavailable()
    const key = await find(hash)
    if (key) return admitKey(options, key, { access, source })
    options.wrongKeys.count(source)
    throw invalidKey()
  }

  return function authorize(request: Request, { access, mayBeOpen }) {
    const credential = readCredential(request)
    if (credential === undefined) {
      if (options.isOpen && mayBeOpen) return OPEN_ACCESS
      throw keyRequired()
    }
    if (credential === '' || credential.length > KEY_CHARS_MAX) throw invalidKey()
    const asked = { access, source: options.sourceAddressOf(request) }
    const hash = digest('sha256', credential, 'base64')
    const known = options.cache.isConfirmed() ? options.cache.find(hash) : undefined
    return known ? admitKey(options, known, asked) : identify(hash, asked)
  }
}

/**
 * Requests with the same unknown key share one query, unless a change became known since it began: it may have read the
 * key as it was before.
 */
function finderOf({ cache, lookUp }: AuthorizeOptions): (hash: string) => Promise<KnownKey | undefined> {
  const running = new Map<string, Promise<KnownKey | undefined>>()
  async function find(hash: string): Promise<KnownKey | undefined> {
    const { revision, key } = await lookUp(Buffer.from(hash, 'base64'))
    if (key) cache.keep(hash, revision, key)
    else cache.forget(hash)
    return key
  }
  return (hash) => {
    const name = `${cache.revision()} ${hash}`
    const found = running.get(name) ?? find(hash).finally(() => running.delete(name))
    running.set(name, found)
    return found
  }
}

interface AccessRequest {
  access: RouteAccess
  source: string
}

function admitKey(options: AuthorizeOptions, known: KnownKey, { access, source }: AccessRequest): Access {
  const { key } = known.access
  if (!key || options.nowMs() >= known.expiresAtMs) throw invalidKey()
  if (known.isAllowedSource && !known.isAllowedSource(source)) throw addressNotAllowed()
  if (known.access.isTest && !options.servesTestKeys) throw testKeysNotServed()
  if (access === 'admin') throw adminKeyRequired({ isSet: options.adminKey !== undefined })
  if (access !== 'public' && !key.scopes.includes(access)) throw missingScope(access)
  options.onUsed(key.id)
  return known.access
}

function admitAdmin(access: RouteAccess, source: string): Access {
  if (access !== 'admin' && access !== 'public') throw customerKeyRequired()
  return { isAdmin: true, isTest: false, isOpen: false, actor: `admin key from ${source}` }
}
