import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/roles/config.ts'
import { createDemoClient, listKeys } from '../../src/accounts/index.ts'
import type { Customer } from '../../src/accounts/index.ts'
import { createLifecycle } from '../../src/platform/lifecycle.ts'
import { KEY_MODES, SCOPES } from '../../src/primitives/access.ts'
import type { Scope } from '../../src/primitives/access.ts'
import { startEngine } from '../../src/roles/engine.ts'
import { contextOf, newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { fund, countRows, sendOne } from '../support/arrange.ts'
import { call } from '../support/api.ts'
import type { Called } from '../support/api.ts'
import { engineEnv, startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/memoryLog.ts'
import { allServe, startSeveral } from './severalProcesses.ts'
import { freshStack } from '../support/servers.ts'

const ADMIN_KEY = 'the-admin-key-of-the-access-journey'
/** A proxy that is trusted lets others in, so that every route needs a key. */
const NEEDS_KEYS = { ADMIN_API_KEY: ADMIN_KEY, TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'debug' }
const SENDS = ['POST /v1/messages', 'POST /v1/messages/bulk']
const SEND = { text: 'hi', recipients: ['09121234567'], type: 'normal' }

interface Operation {
  description?: string
  parameters?: { name: string; in: string; required?: boolean; example?: unknown }[]
  requestBody?: {
    content: Record<string, { example?: object; examples?: Record<string, { value: object }> }>
  }
}

describe('access to a running engine', () => {
  let engine: TestEngine
  let one: Customer
  let other: Customer
  let admitted: Record<Scope | 'all' | 'test', string>
  let othersKey: { id: string; text: string }
  let othersMessage: string
  let othersBulk: string
  let othersExport: string
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
    engine = await startTestEngine({ env: { ...NEEDS_KEYS, EXPORT_FOLDER: folder } })
    one = await newCustomer(engine.db, 'One')
    other = await newCustomer(engine.db, 'Other')
    for (const { userId } of [one, other]) await fund(engine.db, userId, 100)
    const keyOf = async (scopes: readonly Scope[], mode: 'live' | 'test' = 'live') =>
      (await newKey(engine.db, one.userId, { scopes, mode })).text
    admitted = {
      ...{ send: await keyOf(['send']), read: await keyOf(['read']), manage: await keyOf(['manage']) },
      ...{ all: await keyOf(SCOPES), test: await keyOf(SCOPES, 'test') },
    }
    const { key, text } = await newKey(engine.db, other.userId)
    othersKey = { id: key.id, text }
    othersMessage = await sendOne(engine.db, { userId: other.userId, to: ['09127654321'] })
    const bulk = { messages: [{ to: '+989120000001', text: 'hi' }] }
    othersBulk = String((await ask('POST', '/v1/messages/bulk', text, bulk)).body['bulk_id'])
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-19T00:00:00Z' }
    othersExport = String((await ask('POST', '/v1/exports', text, { what: 'ledger', ...range })).body['id'])
    await engine.drain()
  })
  after(async () => {
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const ask = (method: string, path: string, key?: string, body?: object): Promise<Called> =>
    call(engine.url, method, path, { ...(key === undefined ? {} : { key }), ...(body ? { body } : {}) })

  let strangers = 0
  /** From another address, as the trusted proxy says: many wrong keys of one would slow down the others' requests. */
  const askFrom = (source: string, method: string, path: string, key: string, body?: object) =>
    call(engine.url, method, path, { key, ...(body ? { body } : {}), headers: { 'x-forwarded-for': source } })

  /** Every operation that needs a key, with a request that names the other customer's things. */
  async function operations() {
    const { body } = await ask('GET', '/openapi.json')
    const { paths } = body as { paths: Record<string, Record<string, Operation>> }
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => {
        const [, scope] = /a key with the scope `(\w+)`/.exec(operation.description ?? '') ?? []
        const needs = /the admin key/.test(operation.description ?? '')
          ? 'admin'
          : (scope as Scope | undefined)
        return needs ? [{ method: method.toUpperCase(), path, needs, ...requestOf(path, operation) }] : []
      }),
    )
  }

  function requestOf(path: string, { parameters = [], requestBody }: Operation) {
    const [, noun = ''] = /^\/v1\/(\w+)\//.exec(path) ?? []
    const own: Record<string, string> = {
      admin: other.publicId,
      messages: othersMessage,
      bulks: othersBulk,
      exports: othersExport,
    }
    const ids: Record<string, string> = {
      id: own[noun] ?? othersKey.id,
      key_id: othersKey.id,
      export_id: othersExport,
      name: 'operator-a',
    }
    const query = parameters
      .filter((parameter) => parameter.in === 'query' && parameter.required)
      .map(({ name }) => `${name}=${other.userId}`)
      .join('&')
    const { example, examples = {} } = requestBody?.content['application/json'] ?? {}
    const body = example ?? Object.values(examples)[0]?.value
    const whose = { ...(body && 'customer_id' in body ? { customer_id: other.userId } : {}) }
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '')
    return {
      address: query ? `${filled}?${query}` : filled,
      ...(body ? { body: { ...body, ...whose } } : {}),
    }
  }

  it('is documented for every route that is not public', async () => {
    const needed = (await operations()).map(({ method, path, needs }) => `${needs} ${method} ${path}`)
    assert.ok(needed.length >= 18)
    for (const route of ['send POST /sms/send', 'admin POST /balance/add', 'manage DELETE /v1/keys/{id}'])
      assert.ok(needed.includes(route), route)
  })

  it('is given to nothing without a key, with a wrong one, or with an empty one', async () => {
    for (const { method, address, body } of await operations()) {
      const missing = await ask(method, address, undefined, body)
      assert.deepEqual([missing.status, missing.code], [401, 'key_required'], `${method} ${address}`)
      assert.equal(missing.headers.get('www-authenticate'), 'Bearer')
      for (const key of ['', 'secret', admitted.all.toUpperCase(), othersKey.id])
        assert.equal(
          (await askFrom(`198.51.100.${++strangers}`, method, address, key, body)).code,
          'invalid_key',
        )
    }
  })

  it('is given to no key that lacks the scope, and to no customer where an admin is needed', async () => {
    for (const { method, address, needs, body } of await operations()) {
      for (const scope of SCOPES.filter((each) => each !== needs)) {
        const { status, code } = await ask(method, address, admitted[scope], body)
        const expected = needs === 'admin' ? 'admin_key_required' : 'missing_scope'
        assert.deepEqual([status, code], [403, expected], `${method} ${address} with ${scope}`)
      }
    }
  })

  it("reaches nothing of another customer's", async () => {
    const before = await countRows(engine.db)
    const reached: string[] = []
    for (const { method, address, path, needs, body } of await operations()) {
      // These name nothing, and serve the customer of the key.
      if (needs === 'admin' || path === '/v1/me' || SENDS.includes(`${method} ${path}`)) continue
      const { status, text } = await ask(method, address, admitted.all, body)
      if (
        [other.publicId, othersKey.id, othersMessage, othersBulk, othersExport].some((each) =>
          text.includes(each),
        )
      )
        reached.push(`${method} ${path}`)
      if (path.includes('{')) assert.equal(status, 404, `${method} ${path}`)
    }
    assert.deepEqual(reached, [])
    assert.deepEqual(await countRows(engine.db), before)
    assert.equal((await ask('GET', '/v1/me', othersKey.text)).status, 200)
    assert.equal((await ask('GET', `/v1/messages/${othersMessage}`, othersKey.text)).body['status'], 'SENT')
    const { items } = await listKeys(engine.db, { userId: other.userId, modes: KEY_MODES }, { limit: 10 })
    assert.deepEqual(
      items.map(({ revokedAt }) => revokedAt),
      [null],
    )
  })

  it('answers for another customer word for word as for an unknown one', async () => {
    const unknown = 4_711
    for (const path of ['/balance?user_id=', '/sms/history?user_id=']) {
      const of = (userId: number) => ask('GET', path + userId, admitted.all)
      assert.deepEqual((await of(other.userId)).body, (await of(unknown)).body)
      assert.equal((await of(unknown)).status, 200)
    }
    const sent = (customer_id: number) => ask('POST', '/sms/send', admitted.all, { ...SEND, customer_id })
    const [theirs, nobodys] = [await sent(other.userId), await sent(unknown)]
    assert.deepEqual([theirs.status, theirs.code], [402, 'insufficient_balance'])
    const anonymous = ({ body }: Called) => ({ ...body, instance: '', request_id: '' })
    assert.deepEqual(anonymous(theirs), anonymous(nobodys))
  })

  it("serves the key's customer: seed 003's routes and /v1 alike", async () => {
    const { userId, publicId } = one
    const sent = await ask('POST', '/sms/send', admitted.send, { ...SEND, customer_id: userId })
    assert.equal(sent.status, 200)
    const history = await ask('GET', `/sms/history?user_id=${userId}`, admitted.read)
    assert.equal((history.body['history'] as unknown[]).length, 1)
    const me = await ask('GET', '/v1/me', admitted.read)
    assert.deepEqual(
      [me.body['id'], me.body['user_id'], me.body['name'], me.body['credit_cents'], me.body['currency']],
      [publicId, userId, 'One', 99, 'USD'],
    )
    const { parts, requests } = me.body['limits'] as { parts: object; requests: object }
    assert.deepEqual({ ...parts, remaining: 0 }, { per_minute: 300, burst: 300, remaining: 0 })
    assert.deepEqual(requests, { per_second: 100, burst: 200 })
    assert.equal((await ask('GET', '/api/v1/me', admitted.read)).body['id'], publicId)
    const again = await ask('POST', '/v1/sms/send', admitted.send, { ...SEND, customer_id: userId })
    assert.deepEqual([again.status, again.body['cost']], [200, 1])
    const ledger = await ask('GET', '/v1/transactions?limit=1', admitted.read)
    const balance = await ask('GET', `/balance?user_id=${userId}&limit=1`, admitted.read)
    assert.deepEqual(ledger.body['transactions'], balance.body['transactions'])
    const cursor = String(ledger.body['next_cursor'])
    const next = await ask('GET', `/v1/transactions?cursor=${cursor}`, admitted.read)
    assert.deepEqual(
      (next.body['transactions'] as { amount: number }[]).map(({ amount }) => amount),
      [-1, 100],
    )
  })

  it('takes the key in either header', async () => {
    for (const authorization of [`Bearer ${admitted.read}`, `bearer ${admitted.read}`]) {
      const response = await fetch(`${engine.url}/v1/me`, { headers: { authorization } })
      assert.equal(response.status, 200, authorization.slice(0, 6))
    }
    const response = await fetch(`${engine.url}/v1/me`, { headers: { authorization: 'Bearer' } })
    assert.equal(response.status, 401)
  })

  it('lets a customer rotate its keys', async () => {
    const made = await ask('POST', '/v1/keys', admitted.manage, { name: 'new', scopes: ['read', 'read'] })
    assert.deepEqual([made.status, made.body['scopes']], [201, ['read']])
    const text = String(made.body['key'])
    assert.equal((await ask('GET', '/v1/me', text)).status, 200)
    const listed = await ask('GET', '/v1/keys', admitted.manage)
    assert.ok(!listed.text.includes(text) && listed.text.includes(String(made.body['hint'])))
    const path = `/v1/keys/${String(made.body['id'])}`
    for (let i = 0; i < 2; i++) {
      const revoked = await ask('DELETE', path, admitted.manage)
      assert.deepEqual(revoked.body, { id: made.body['id'], status: 'revoked' })
    }
    await eventually('it is refused', async () => (await ask('GET', '/v1/me', text)).status !== 200)
  })

  it('refuses wrong keys of a body that says too much or too little, each with its field', async () => {
    const wrong: [object, string][] = [
      [{ name: 'x', scopes: [] }, 'scopes'],
      [{ name: 'x', scopes: ['spend'] }, 'scopes[0]'],
      [{ name: '', scopes: ['read'] }, 'name'],
      [{ name: 'x', scopes: ['read'], expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
      [{ name: 'x', scopes: ['read'], expires_at: '2090-01-01T00:00:00' }, 'expires_at'],
      [{ name: 'x', scopes: ['read'], expires_at: '2090-02-30T00:00:00Z' }, 'expires_at'],
      // The year 10000 by UTC, which no column holds.
      [{ name: 'x', scopes: ['read'], expires_at: '9999-12-31T23:59:59-01:00' }, 'expires_at'],
      [{ name: 'x', scopes: ['read'], allowed_sources: ['10.0.0.0/33'] }, 'allowed_sources[0]'],
      [{ name: 'x', scopes: ['read'], allowed_sources: [] }, 'allowed_sources'],
      [{ name: 'x', scopes: ['read'], expire_at: '2090-01-01T00:00:00Z' }, 'expire_at'],
      [{ name: 'x', scopes: ['read'], __proto: 1 }, '__proto'],
    ]
    for (const [body, field] of wrong) {
      const refused = await ask('POST', '/v1/keys', admitted.manage, body)
      assert.equal(refused.status, 400, field)
      const errors = refused.body['errors'] as { field: string }[]
      assert.deepEqual(
        errors.map((each) => each.field),
        [field],
      )
    }
  })

  it('gives an admin customers, keys, money and the record of it', async () => {
    const made = await ask('POST', '/v1/admin/customers', ADMIN_KEY, { name: 'New', tier: 'free' })
    assert.equal(made.status, 201)
    const path = `/v1/admin/customers/${String(made.body['id'])}`
    const added = await ask('POST', `${path}/top-up`, ADMIN_KEY, { amount_cents: 50 })
    assert.deepEqual([added.status, added.body['credit_cents']], [200, 50])
    const keyed = (amount_cents: number) =>
      call(engine.url, 'POST', `${path}/top-up`, {
        ...{ key: ADMIN_KEY, body: { amount_cents }, headers: { 'idempotency-key': 'invoice-17' } },
      })
    const [first, repeated] = [await keyed(20), await keyed(20)]
    assert.deepEqual([repeated.text, repeated.headers.get('idempotent-replayed')], [first.text, 'true'])
    assert.equal((await keyed(21)).code, 'idempotency_key_reused')
    const changed = await ask('PATCH', path, ADMIN_KEY, { requests_per_second: 5 })
    assert.deepEqual([changed.body['tier'], changed.body['requests_per_second']], ['free', 5])
    assert.equal((await ask('PATCH', path, ADMIN_KEY, {})).status, 400)
    assert.deepEqual((await ask('GET', path, ADMIN_KEY)).body, changed.body)
    const key = await ask('POST', `${path}/keys`, ADMIN_KEY, { name: 'shop', scopes: ['read'] })
    assert.equal((await ask('GET', '/v1/me', String(key.body['key']))).body['credit_cents'], 70)
    const revoked = await ask('DELETE', `${path}/keys/${String(key.body['id'])}`, ADMIN_KEY)
    assert.equal(revoked.status, 200)
    const numbered = { user_id: Number(made.body['user_id']), balance: 7, description: 'x' }
    assert.equal((await ask('POST', '/balance/add', ADMIN_KEY, numbered)).body['balance'], 77)
    const log = await ask('GET', '/v1/admin/log?limit=7', ADMIN_KEY)
    const entries = log.body['entries'] as { actor: string; action: string; details: object }[]
    assert.deepEqual(
      entries.map(({ action }) => action),
      [
        ...['customer.top_up', 'key.revoke', 'key.create'],
        ...['customer.change', 'customer.top_up', 'customer.top_up', 'customer.create'],
      ],
    )
    assert.ok(entries.every(({ actor }) => actor === 'admin key from 127.0.0.1'))
    assert.deepEqual(entries[3]?.details, { requests_per_second: 5 })
    const listed = await ask('GET', '/v1/admin/customers?limit=1', ADMIN_KEY)
    assert.deepEqual((listed.body['customers'] as object[])[0], changed.body)
    assert.equal((await ask('GET', `${path}/keys`, ADMIN_KEY)).status, 200)
  })

  it('gives an admin the prices and the limits of spending, which a message follows', async () => {
    const customer = await newCustomer(engine.db, 'Priced')
    // For all that are accepted before the limit is known.
    await fund(engine.db, customer.userId, 100_000)
    const { text: key } = await newKey(engine.db, customer.userId)
    const tariff = { customer: customer.publicId, destination_prefix: '98', per: 'part', price: 5 }
    const made = await ask('POST', '/v1/admin/tariffs', ADMIN_KEY, tariff)
    assert.equal(made.status, 201, made.text)
    const message = { to: ['+989120000001', '+14155550100'], text: 'x'.repeat(200) }
    const quoted = async () => (await ask('POST', '/v1/messages/quote', key, message)).body
    await eventually('the process has it', async () => (await quoted())['cost'] === 11)
    assert.deepEqual((await quoted())['prices'], [
      { to: '+989120000001', price: 10 },
      { to: '+14155550100', price: 1 },
    ])
    const sent = await ask('POST', '/v1/messages', key, { ...message, max_price: 11 })
    assert.deepEqual([sent.status, sent.body['cost']], [202, 11])
    const { body } = await ask('GET', `/v1/messages/${String(sent.body['message_id'])}/recipients`, key)
    assert.deepEqual(
      (body['recipients'] as { cost_cents: number }[]).map(({ cost_cents: cost }) => cost),
      [10, 1],
    )

    const path = `/v1/admin/customers/${customer.publicId}`
    assert.equal((await ask('PATCH', path, ADMIN_KEY, { spend_per_day: 21 })).body['spend_per_day'], 21)
    const limited = () => ask('POST', '/v1/messages', key, message)
    await eventually('the limit is known', async () => (await limited()).status === 402)
    const { body: refused } = await limited()
    assert.deepEqual([refused['code'], refused['period'], refused['limit']], ['spend_limit', 'day', 21])
    assert.match(String(refused['resets_at']), /T00:00:00.000Z$/)

    const end = `/v1/admin/tariffs/${String(made.body['id'])}/end`
    const ended = await ask('POST', end, ADMIN_KEY, {})
    assert.equal(ended.status, 200)
    assert.deepEqual((await ask('POST', end, ADMIN_KEY, {})).body, ended.body)
    await eventually('the default is back', async () => (await quoted())['cost'] === 2)
    const listed = await ask('GET', `/v1/admin/tariffs?customer=${customer.publicId}`, ADMIN_KEY)
    assert.deepEqual(listed.body, { tariffs: [ended.body], next_cursor: null })
    const misspelt = await ask('GET', `/v1/admin/tariffs?custmer=${customer.publicId}`, ADMIN_KEY)
    assert.deepEqual([misspelt.status, misspelt.code], [400, 'invalid_request'])
    const others = await ask('GET', '/v1/admin/tariffs?limit=1', ADMIN_KEY)
    assert.equal((others.body['tariffs'] as object[]).length, 1)
  })

  it('refuses wrong tariffs and ends, each with its field', async () => {
    const good = { per: 'part', price: 5 }
    const wrong: [object, string][] = [
      [{ per: 'part' }, 'price'],
      [{ price: 5 }, 'per'],
      [{ ...good, price: -1 }, 'price'],
      [{ ...good, price: '5' }, 'price'],
      [{ ...good, price: 1_000_000_001 }, 'price'],
      [{ ...good, type: 'both' }, 'type'],
      [{ ...good, customer: 'x' }, 'customer'],
      [{ ...good, destination_prefix: '+98' }, 'destination_prefix'],
      [{ ...good, destination_prefix: '0098' }, 'destination_prefix'],
      [{ ...good, destination_prefix: '1234567890123456' }, 'destination_prefix'],
      [{ ...good, destination_prefix: 98 }, 'destination_prefix'],
      [{ ...good, valid_from: '2026-01-01T00:00:00' }, 'valid_from'],
      [{ ...good, valid_from: '1999-12-31T23:59:59Z' }, 'valid_from'],
      [{ ...good, valid_from: '9999-12-31T23:59:59-23:00' }, 'valid_from'],
      [{ ...good, valid_until: '2020-01-01T00:00:00Z' }, 'valid_until'],
      [{ ...good, valid_from: '2020-01-01T00:00:00Z', valid_until: '2020-01-02T00:00:00Z' }, 'valid_until'],
      [{ ...good, valid_from: '2090-01-01T00:00:00Z', valid_until: '2090-01-01T00:00:00Z' }, 'valid_until'],
      [{ ...good, prefix: '98' }, 'prefix'],
      [{ ...good, receipt_wait_seconds: 60 }, 'receipt_wait_seconds'],
      [{ ...good, type: 'normal', refund_missed: true }, 'refund_missed'],
    ]
    const fieldsOf = ({ body }: Called) => (body['errors'] as { field: string }[]).map(({ field }) => field)
    for (const [body, field] of wrong) {
      const refused = await ask('POST', '/v1/admin/tariffs', ADMIN_KEY, body)
      assert.equal(refused.status, 400, JSON.stringify(body))
      assert.deepEqual(fieldsOf(refused), [field])
    }
    const unknown = { ...good, customer: '019bd5a0-6f11-7c52-8d3e-5b7a90c1e2f4' }
    assert.equal((await ask('POST', '/v1/admin/tariffs', ADMIN_KEY, unknown)).code, 'customer_not_found')
    for (const id of ['0', 'x', '999999999999', '-1', '1e1'])
      assert.equal((await ask('POST', `/v1/admin/tariffs/${id}/end`, ADMIN_KEY, {})).code, 'tariff_not_found')
    const later = { ...good, destination_prefix: '999', valid_from: '2090-01-01T00:00:00Z' }
    const made = await ask('POST', '/v1/admin/tariffs', ADMIN_KEY, later)
    const end = (body: object) =>
      ask('POST', `/v1/admin/tariffs/${String(made.body['id'])}/end`, ADMIN_KEY, body)
    for (const until of ['2020-01-01T00:00:00Z', '2089-12-31T23:59:59Z', 'soon'])
      assert.deepEqual(fieldsOf(await end({ valid_until: until })), ['valid_until'])
    assert.equal((await end({ valid_until: '2090-06-01T00:00:00Z' })).status, 200)
    const putBack = await end({ valid_until: '2091-01-01T00:00:00Z' })
    assert.deepEqual([putBack.status, putBack.code], [409, 'tariff_ended'])
    const never = await end({})
    assert.deepEqual([never.status, never.body['valid_until']], [200, '2090-01-01T00:00:00.000Z'])
    for (const query of ['customer=x', 'cursor=abc', 'limit=0'])
      assert.ok([400, 404].includes((await ask('GET', `/v1/admin/tariffs?${query}`, ADMIN_KEY)).status))
  })

  it('knows no customer and no key by an identifier that is none', async () => {
    for (const id of ['x', '019bd5a0-6f11-7c52-8d3e-5b7a90c1e2f4', '%27', '1', other.publicId.slice(1)]) {
      assert.equal((await ask('GET', `/v1/admin/customers/${id}`, ADMIN_KEY)).code, 'customer_not_found')
      assert.equal((await ask('DELETE', `/v1/keys/${id}`, admitted.manage)).code, 'key_not_found')
    }
  })

  it('is slowed down for an address that repeats wrong keys, and for no other', async () => {
    const source = '203.0.113.7'
    const tried = async (key: string) => (await askFrom(source, 'GET', '/v1/me', key)).code
    assert.equal((await askFrom(source, 'GET', '/v1/me', admitted.read)).status, 200)
    await eventually('it is slowed down', async () => (await tried('wrong')) === 'too_many_wrong_keys')
    const slowed = await askFrom(source, 'GET', '/v1/me', 'wrong')
    assert.ok(slowed.status === 401 || Number(slowed.headers.get('retry-after')) >= 1)
    assert.equal((await askFrom(source, 'GET', '/v1/me', admitted.read)).status, 200)
    assert.equal((await askFrom('203.0.113.8', 'GET', '/v1/me', 'wrong')).code, 'invalid_key')
  })

  it('is given from the addresses of a key, which a proxy names', async () => {
    const { text } = await newKey(engine.db, one.userId, { allowedSources: ['203.0.113.0/28'] })
    assert.equal((await askFrom('203.0.113.9', 'GET', '/v1/me', text)).status, 200)
    assert.equal((await askFrom('203.0.113.99', 'GET', '/v1/me', text)).code, 'address_not_allowed')
    assert.equal((await ask('GET', '/v1/me', text)).code, 'address_not_allowed')
  })

  it('refuses test keys where there is no test operator', async () => {
    assert.equal((await ask('GET', '/v1/me', admitted.test)).code, 'test_keys_not_served')
  })

  it('leaves no key in a log line, whatever is wrong with it', async () => {
    await ask('GET', '/v1/me', admitted.all)
    await askFrom('198.51.100.200', 'GET', '/v1/me', `${admitted.all}x`)
    await fetch(`${engine.url}/v1/me?key=${admitted.all}`, { headers: { 'x-api-key': admitted.all } })
    await fetch(`${engine.url}/v1/me`, { headers: { authorization: `Bearer ${admitted.all} ` } })
    const text = engine.log.text()
    // Lines are left out in a second with many, and the tests before make many.
    assert.match(text, /"route":"\/v1\//)
    for (const key of [...Object.values(admitted), othersKey.text, ADMIN_KEY])
      assert.ok(!text.includes(key.slice(-20)))
  })

  it('is counted where it is refused', async () => {
    assert.ok((await engine.metric('chapar_access_refusals_total{code="key_required"}')) > 0)
  })
})

describe('an engine that only this machine reaches', () => {
  let engine: TestEngine
  before(async () => (engine = await startTestEngine({ env: { TEST_OPERATOR_URL: 'http://127.0.0.1:1' } })))
  after(() => engine.stop())

  it("needs no key on seed 003's routes, and one under /v1", async () => {
    const added = { user_id: 5, balance: 10, description: 'x' }
    assert.equal((await call(engine.url, 'POST', '/balance/add', { body: added })).status, 200)
    const sent = await call(engine.url, 'POST', '/sms/send', { body: { ...SEND, customer_id: 5 } })
    assert.equal(sent.status, 200)
    assert.equal((await call(engine.url, 'GET', '/v1/me')).code, 'key_required')
    assert.equal((await call(engine.url, 'GET', '/v1/admin/customers')).code, 'key_required')
  })

  it('serves the customer of a key that is given, and nobody for a wrong one', async () => {
    const { userId } = await newCustomer(engine.db)
    const { text } = await newKey(engine.db, userId)
    const body = { ...SEND, customer_id: 5 }
    assert.equal((await call(engine.url, 'POST', '/sms/send', { key: text, body })).status, 402)
    assert.equal((await call(engine.url, 'GET', '/balance?user_id=5', { key: text })).body['balance'], 0)
    assert.equal((await call(engine.url, 'GET', '/balance?user_id=5', { key: 'x' })).code, 'invalid_key')
    const added = { user_id: 5, balance: 10, description: 'x' }
    const refused = await call(engine.url, 'POST', '/balance/add', { key: text, body: added })
    assert.equal(refused.code, 'admin_key_required')
  })

  it('takes a test key, and creates no live one for it', async () => {
    const { userId } = await newCustomer(engine.db)
    await fund(engine.db, userId, 10)
    const { text: key } = await newKey(engine.db, userId, { mode: 'test' })
    assert.equal((await call(engine.url, 'GET', '/v1/me', { key })).status, 200)
    const wanted = { name: 'x', scopes: ['send'] }
    const live = await call(engine.url, 'POST', '/v1/keys', { key, body: wanted })
    assert.equal(live.code, 'live_key_required')
    const test = await call(engine.url, 'POST', '/v1/keys', { key, body: { ...wanted, mode: 'test' } })
    assert.equal(test.status, 201)
  })
})

describe('a database with the demo key', () => {
  it('is not served to other machines', async () => {
    const stack = await freshStack()
    try {
      await createDemoClient(contextOf(stack.db))
      const operator = 'http://127.0.0.1:1'
      for (const env of [{ LISTEN_ADDR: '0.0.0.0:0' }, { TRUSTED_PROXIES: '10.0.0.1' }]) {
        const config = loadConfig(engineEnv(stack, operator, operator, { ...env, ROLE: 'api' }))
        const log = memoryLog()
        const host = { on: () => {}, exit: () => {} }
        const lifecycle = createLifecycle({ logger: log.logger, deadlineMs: 5_000, host })
        await assert.rejects(startEngine(config, log.logger, lifecycle), {
          name: 'StartupFault',
          message: /the demo client's key "secret" is valid/,
        })
        await lifecycle.close()
      }
    } finally {
      await stack.drop()
    }
  })
})

describe('a revoked key', () => {
  it('is refused by every process of the API', async () => {
    const stack = await freshStack()
    const engine = await startSeveral(stack)
    try {
      await allServe(engine)
      const { userId } = await newCustomer(stack.db)
      const manager = await newKey(stack.db, userId)
      const { key, text } = await newKey(stack.db, userId)
      // Each request has a connection of its own, so that all processes get some.
      const statuses = async () => {
        const asked = Array.from({ length: 20 }, () => call(engine.url, 'GET', '/v1/me', { key: text }))
        return new Set((await Promise.all(asked)).map(({ status }) => status))
      }
      assert.deepEqual([...(await statuses())], [200])
      await call(engine.url, 'DELETE', `/v1/keys/${key.id}`, { key: manager.text })
      await eventually('all refuse it', async () => !(await statuses()).has(200))
      for (let i = 0; i < 3; i++) assert.ok(!(await statuses()).has(200))
    } finally {
      await engine.stop()
      await stack.drop()
    }
  })
})
