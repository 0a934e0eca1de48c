import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import type { Request } from 'express'
import { createAuthorize } from '../../../src/accounts/access/authorize.ts'
import type { AuthorizeOptions } from '../../../src/accounts/access/authorize.ts'
import { openKeyCache } from '../../../src/accounts/access/keyCache.ts'
import type { KnownKey } from '../../../src/accounts/access/keyCache.ts'
import { openWrongKeys } from '../../../src/accounts/access/wrongKeys.ts'
import type { Authorize, RouteAccess } from '../../../src/platform/http/index.ts'
import { OPEN_ACCESS } from '../../../src/primitives/access.ts'
import { accessOf } from '../accessOf.ts'

const ADMIN_KEY = 'an-admin-key-of-at-least-32-characters'
const REVISION = 7

describe('the decision on whose behalf a request acts', () => {
  let keys: Map<string, KnownKey>
  let lookUps: number
  let used: string[]
  let nowMs: number
  let cache: ReturnType<typeof openKeyCache>
  beforeEach(() => {
    keys = new Map([['K', { access: accessOf(), expiresAtMs: Infinity }]])
    lookUps = 0
    used = []
    nowMs = 1_000
    cache = openKeyCache(() => nowMs)
    cache.confirm(REVISION, nowMs)
  })

  function authorizeWith(changes: Partial<AuthorizeOptions> = {}): Authorize {
    return createAuthorize({
      cache,
      wrongKeys: openWrongKeys(() => nowMs),
      sourceAddressOf: () => '192.0.2.1',
      async lookUp(wanted) {
        lookUps++
        await Promise.resolve()
        const [, key] = [...keys].find(([text]) => hash('sha256', text, 'buffer').equals(wanted)) ?? []
        return key ? { revision: REVISION, key } : { revision: REVISION }
      },
      onUsed: (keyId) => used.push(keyId),
      nowMs: () => nowMs,
      adminKey: ADMIN_KEY,
      isOpen: false,
      servesTestKeys: false,
      ...changes,
    })
  }

  /** Also turns what is thrown at once into a rejection. */
  async function ask(
    authorize: Authorize,
    key: string | undefined,
    access: RouteAccess = 'read',
    mayBeOpen = false,
  ) {
    const headers = key === undefined ? {} : { 'x-api-key': key }
    return authorize({ headers } as Request, { access, mayBeOpen })
  }
  const refused = (status: number, code: string) => ({ name: 'Problem', status, code })

  it('needs a key, unless the engine and the route are open', async () => {
    await assert.rejects(ask(authorizeWith(), undefined, 'read', true), refused(401, 'key_required'))
    const open = authorizeWith({ isOpen: true })
    await assert.rejects(ask(open, undefined, 'read', false), refused(401, 'key_required'))
    assert.equal(await ask(open, undefined, 'read', true), OPEN_ACCESS)
  })

  it('checks a key that is given where none is needed', async () => {
    const open = authorizeWith({ isOpen: true })
    await assert.rejects(ask(open, 'wrong', 'read', true), refused(401, 'invalid_key'))
    await assert.rejects(ask(open, '', 'read', true), refused(401, 'invalid_key'))
    assert.equal((await ask(open, 'K', 'read', true)).customer?.userId, 1)
    await assert.rejects(ask(open, 'K', 'admin', true), refused(403, 'admin_key_required'))
  })

  it("is the key's customer, and the key counts as used", async () => {
    const access = await ask(authorizeWith(), 'K')
    assert.deepEqual([access.customer?.userId, access.isAdmin, access.isOpen], [1, false, false])
    assert.deepEqual(used, [access.key?.id])
  })

  it('takes every letter with its case', async () => {
    await assert.rejects(ask(authorizeWith(), 'k'), refused(401, 'invalid_key'))
  })

  it('costs one look-up for a key, also when many requests bring it at once, and none for one seen before', async () => {
    const authorize = authorizeWith()
    await Promise.all([ask(authorize, 'K'), ask(authorize, 'K'), ask(authorize, 'K')])
    assert.equal(lookUps, 1)
    const decided = authorize({ headers: { 'x-api-key': 'K' } } as unknown as Request, { access: 'read' })
    assert.ok(!(decided instanceof Promise))
    assert.equal(lookUps, 1)
  })

  it('is taken anew when the revision has changed', async () => {
    const authorize = authorizeWith()
    await ask(authorize, 'K')
    keys.clear()
    await ask(authorize, 'K')
    cache.confirm(REVISION + 1, nowMs)
    await assert.rejects(ask(authorize, 'K'), refused(401, 'invalid_key'))
  })

  it('is not taken from a look-up that began before a change became known', async () => {
    const { promise, resolve } = Promise.withResolvers<{ revision: number; key: KnownKey }>()
    let calls = 0
    const authorize = authorizeWith({
      lookUp: () => (calls++ === 0 ? promise : Promise.resolve({ revision: REVISION + 1 })),
    })
    const early = ask(authorize, 'K')
    cache.confirm(REVISION + 1, nowMs)
    await assert.rejects(ask(authorize, 'K'), refused(401, 'invalid_key'))
    resolve({ revision: REVISION, key: { access: accessOf(), expiresAtMs: Infinity } })
    await early
    await assert.rejects(ask(authorize, 'K'), refused(401, 'invalid_key'))
  })

  it('trusts no key that it has seen while the revision could not be read for five seconds', async () => {
    const authorize = authorizeWith()
    await ask(authorize, 'K')
    nowMs += 5_001
    await assert.rejects(ask(authorize, 'K'), { name: 'Unavailable', code: 'access_unavailable' })
    await assert.rejects(ask(authorize, 'other'), { name: 'Unavailable', code: 'access_unavailable' })
    cache.confirm(REVISION, nowMs)
    await ask(authorize, 'K')
    assert.equal(lookUps, 1)
  })

  it('refuses a key from the moment at which it expires', async () => {
    keys.set('K', { access: accessOf(), expiresAtMs: 2_000 })
    const authorize = authorizeWith()
    nowMs = 1_999
    await ask(authorize, 'K')
    nowMs = 2_000
    await assert.rejects(ask(authorize, 'K'), refused(401, 'invalid_key'))
  })

  it('refuses a key without the scope, and lets each scope in where it belongs', async () => {
    for (const scope of ['send', 'read', 'manage'] as const) {
      keys.set(scope, { access: accessOf({ scopes: [scope] }), expiresAtMs: Infinity })
      const authorize = authorizeWith()
      for (const access of ['send', 'read', 'manage'] as const) {
        if (access === scope) await ask(authorize, scope, access)
        else await assert.rejects(ask(authorize, scope, access), refused(403, 'missing_scope'))
      }
    }
  })

  it('refuses a key from an address that it is not for', async () => {
    keys.set('K', {
      access: accessOf(),
      expiresAtMs: Infinity,
      isAllowedSource: (source) => source === '::1',
    })
    await assert.rejects(ask(authorizeWith(), 'K'), refused(403, 'address_not_allowed'))
    await ask(authorizeWith({ sourceAddressOf: () => '::1' }), 'K')
  })

  it('refuses test keys where there is no test operator', async () => {
    keys.set('T', { access: accessOf({ isTest: true }), expiresAtMs: Infinity })
    await assert.rejects(ask(authorizeWith(), 'T'), refused(403, 'test_keys_not_served'))
    assert.ok((await ask(authorizeWith({ servesTestKeys: true }), 'T')).isTest)
  })

  it('keeps the admin key and the keys of customers apart', async () => {
    const authorize = authorizeWith()
    const admin = await ask(authorize, ADMIN_KEY, 'admin')
    assert.deepEqual(
      [admin.isAdmin, admin.customer, admin.actor],
      [true, undefined, 'admin key from 192.0.2.1'],
    )
    await assert.rejects(ask(authorize, ADMIN_KEY, 'read'), refused(403, 'customer_key_required'))
    await assert.rejects(ask(authorize, 'K', 'admin'), refused(403, 'admin_key_required'))
  })

  it('knows no admin where no admin key is set', async () => {
    const authorize = authorizeWith({ adminKey: undefined })
    await assert.rejects(ask(authorize, ADMIN_KEY, 'admin'), refused(401, 'invalid_key'))
    await assert.rejects(ask(authorize, 'K', 'admin'), /None is set \(ADMIN_API_KEY\)/)
    await assert.rejects(ask(authorizeWith(), 'K', 'admin'), { message: 'Only the admin key may do this.' })
    await assert.rejects(ask(authorize, 'undefined', 'admin'), refused(401, 'invalid_key'))
  })

  it('looks up no more keys of an address that tried many wrong ones, and goes on with those it knows', async () => {
    const authorize = authorizeWith()
    await ask(authorize, 'K')
    for (let i = 0; i < 20; i++)
      await assert.rejects(ask(authorize, `wrong ${i}`), refused(401, 'invalid_key'))
    assert.equal(lookUps, 21)
    await assert.rejects(ask(authorize, 'wrong'), refused(429, 'too_many_wrong_keys'))
    await assert.rejects(ask(authorize, ADMIN_KEY, 'admin'), refused(429, 'too_many_wrong_keys'))
    assert.equal(lookUps, 21)
    await ask(authorize, 'K')
    cache.confirm(REVISION + 1, nowMs)
    await ask(authorize, 'K')
    assert.equal(lookUps, 22)
    nowMs += 2_000
    cache.confirm(REVISION + 1, nowMs)
    await assert.rejects(ask(authorize, 'wrong'), refused(401, 'invalid_key'))
  })

  it('does not look up what is longer than any key', async () => {
    await assert.rejects(ask(authorizeWith(), 'x'.repeat(201)), refused(401, 'invalid_key'))
    assert.equal(lookUps, 0)
  })
})
