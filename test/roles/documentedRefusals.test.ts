import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { asBusy, asUnavailable } from '../../src/platform/db/faults.ts'
import { CommitUnknown } from '../../src/platform/db/index.ts'
import {
  accessUnavailable,
  addressNotAllowed,
  adminKeyRequired,
  customerKeyRequired,
  invalidKey,
  keyRequired,
  missingScope,
  testKeysNotServed,
  tooManyRequests,
  tooManyWrongKeys,
} from '../../src/platform/http/index.ts'
import type { Listener } from '../../src/platform/http/index.ts'
import type { Access } from '../../src/primitives/access.ts'
import type { Problem } from '../../src/primitives/problem.ts'
import type { Unavailable } from '../../src/primitives/unavailable.ts'
import { listRoutes } from '../../src/roles/routes.ts'
import type { ApiActions } from '../../src/roles/routes.ts'
import { renderOpenApi } from '../../src/roles/swag.ts'
import { answersIn, dial, listenWith } from '../platform/http/rawClient.ts'
import { testApp } from '../support/app.ts'
import { eventually } from '../support/eventually.ts'

const LIMITS = { recipientsMax: 10_000, textCharsMax: 1_600, partsMax: 10 }
const BODY_BYTES_MAX = 1_048_576
const ID = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043'
const TRANSACTION_ID = '019bd59f-0b73-7d15-8c4e-91a2f6e03b58'

/** A customer whose key may do everything. */
const CUSTOMER: Access = {
  customer: {
    ...{ userId: 1, publicId: ID, name: 'Example Ltd', tier: 'basic' },
    ...{ partsPerMinute: null, partsBurst: null, requestsPerSecond: null },
  },
  ...{ isAdmin: false, isTest: false, isOpen: false, actor: 'key' },
}

const SEND = { customer_id: 1, text: 'hi', recipients: ['09128582812'], type: 'normal' }
const TOP_UP = { user_id: 1, balance: 100 }
const HISTORY = get('/sms/history?user_id=1')

interface ProblemDocument {
  code: string
  status: number
  detail: string
  instance?: string
  request_id?: string
}

/** A request, and what has to be so for it to be refused. */
interface Provocation {
  when: string
  code: string
  bytes: string
  /** What the slice decides or throws. */
  decides?: Partial<ApiActions>
  app?: Parameters<typeof testApp>[1]
}

const SENT = post('/sms/send', SEND)
const ADDED = post('/balance/add', TOP_UP)

const KEY = { name: 'shop', scopes: ['read'] }

/** What a key may be refused for, thrown by the part that checks keys. */
function accessProvocations(): Provocation[] {
  const refusals: [string, Problem | Unavailable, string?][] = [
    ['no key', keyRequired()],
    ['a wrong key', invalidKey()],
    ['many wrong keys', tooManyWrongKeys(2)],
    ['many requests', tooManyRequests(1)],
    ['keys that cannot be checked', accessUnavailable()],
    ['a missing scope', missingScope('read')],
    ['another missing scope', missingScope('send'), SENT],
    ['a third missing scope', missingScope('manage'), get('/v1/keys')],
    ['the admin key for a customer', customerKeyRequired()],
    ["a customer's key for an admin", adminKeyRequired(), ADDED],
    ['another address', addressNotAllowed()],
    ['a test key without a test operator', testKeysNotServed()],
  ]
  return refusals.map(([when, refusal, bytes = HISTORY]) => ({
    when,
    code: refusal.code,
    bytes,
    app: {
      authorize: () => {
        throw refusal
      },
    },
  }))
}

const PROVOCATIONS: Provocation[] = [
  {
    when: 'a message with wrong fields',
    code: 'invalid_request',
    bytes: post('/sms/send', { user_id: 1, text: '', recipients: ['09128582812', '0912call'] }),
  },
  {
    when: 'an amount under another name',
    code: 'invalid_request',
    bytes: post('/balance/add', { user_id: 1, amount: 100 }),
  },
  {
    when: 'an unknown status',
    code: 'invalid_request',
    bytes: get('/sms/history?user_id=1&status=lost&limit=5000'),
  },
  { when: 'a customer under another name', code: 'invalid_request', bytes: get('/balance?customer_id=1') },
  { when: 'a foreign cursor', code: 'invalid_cursor', bytes: get('/balance?user_id=1&cursor=x') },
  { when: 'broken JSON', code: 'malformed_body', bytes: post('/sms/send', '{') },
  {
    when: 'another content type',
    code: 'unsupported_media_type',
    bytes: post('/sms/send', 'hi', 'text/plain'),
  },
  {
    when: 'a large body',
    code: 'body_too_large',
    bytes: post('/sms/send', `"${'x'.repeat(BODY_BYTES_MAX)}"`),
  },
  { when: 'a slow body', code: 'request_timeout', bytes: post('/sms/send', SEND).slice(0, -1) },
  { when: 'too many bodies', code: 'overloaded', bytes: SENT, app: { bodiesBytesMax: 0 } },
  { when: 'no Host', code: 'malformed_request', bytes: 'GET /balance HTTP/1.1\r\n\r\n' },
  { when: 'an expectation', code: 'expectation_failed', bytes: get('/balance', 'Expect: tea') },
  { when: 'another host', code: 'unknown_host', bytes: get('/balance'), app: { ownHost: '127.0.0.1' } },
  {
    when: 'many headers',
    code: 'too_many_headers',
    bytes: get('/balance', ...Array.from({ length: 100 }, (_, index) => `X-${index}: v`)),
  },
  { when: 'a long head', code: 'headers_too_large', bytes: get(`/balance?${'x'.repeat(20_000)}`) },
  {
    when: 'an internal error',
    code: 'internal_error',
    bytes: HISTORY,
    decides: { readHistory: () => throws(new Error('x')) },
  },
  {
    when: 'no database',
    code: 'database_unavailable',
    bytes: HISTORY,
    decides: {
      readHistory: () => throws(asUnavailable(Object.assign(new Error(), { code: 'ECONNREFUSED' }))),
    },
  },
  {
    when: 'deadlocks',
    code: 'database_busy',
    bytes: ADDED,
    decides: { topUp: () => throws(asBusy(undefined)) },
  },
  {
    when: 'a small balance',
    code: 'insufficient_balance',
    bytes: SENT,
    decides: { accept: () => Promise.resolve({ kind: 'insufficient_balance', cost: 6, balance: 5 }) },
  },
  {
    when: 'a message of /v1 with wrong fields',
    code: 'invalid_request',
    bytes: post('/v1/messages', { to: '+989120000001', text: '', sendat: '2027-03-01T09:00:00Z' }),
    app: { authorize: () => CUSTOMER },
  },
  {
    when: 'a message that costs more than it may',
    code: 'price_exceeded',
    bytes: post('/v1/messages', {
      to: ['+989120000001', '+989120000002'],
      text: 'hi',
      type: 'express',
      max_price: 5,
    }),
    decides: { price: () => ({ cost: 6, recipients: [], differs: false }) },
    app: { authorize: () => CUSTOMER },
  },
  {
    when: 'a key that another request used',
    code: 'idempotency_key_reused',
    bytes: SENT,
    decides: { accept: () => Promise.resolve({ kind: 'key_reused' }) },
  },
  {
    when: 'a key with a space',
    code: 'malformed_idempotency_key',
    bytes: SENT.replace('\r\n\r\n', '\r\nIdempotency-Key: a b\r\n\r\n'),
  },
  {
    when: 'a limit of parts that is used up',
    code: 'rate_limit',
    bytes: SENT,
    decides: {
      accept: () => Promise.resolve({ kind: 'rate_limit', retryAfterMs: 1_000, partsTatMicros: 0 }),
    },
  },
  {
    when: 'a locked balance',
    code: 'account_locked',
    bytes: SENT,
    decides: { accept: () => Promise.resolve({ kind: 'account_locked' }) },
  },
  {
    when: 'a lost commit that is known to have failed',
    code: 'unavailable',
    bytes: SENT,
    decides: { accept: () => Promise.resolve({ kind: 'unavailable', retryAfterSeconds: 1 }) },
  },
  {
    when: 'a lost commit of a message',
    code: 'outcome_unknown',
    bytes: SENT,
    decides: { accept: () => Promise.resolve({ kind: 'outcome_unknown', smsIdentifier: ID }) },
  },
  {
    when: 'a lost commit of a top-up',
    code: 'outcome_unknown',
    bytes: ADDED,
    decides: { topUp: () => Promise.resolve({ kind: 'outcome_unknown', transactionId: TRANSACTION_ID }) },
  },
  {
    when: 'a balance beyond the largest',
    code: 'balance_limit',
    bytes: ADDED,
    decides: { topUp: () => Promise.resolve({ kind: 'balance_limit' }) },
  },
  ...accessProvocations(),
  {
    when: 'a test key that sends',
    code: 'test_key_cannot_send',
    bytes: SENT,
    app: { authorize: () => ({ ...CUSTOMER, isTest: true }) },
  },
  {
    when: 'a test key that asks for a live one',
    code: 'live_key_required',
    bytes: post('/v1/keys', KEY),
    app: { authorize: () => ({ ...CUSTOMER, isTest: true }) },
  },
  {
    when: 'a key that is not there',
    code: 'key_not_found',
    bytes: request('DELETE', `/v1/keys/${ID}`),
    decides: { revokeKey: () => Promise.resolve(false) },
  },
  {
    when: 'a customer that is not there',
    code: 'customer_not_found',
    bytes: get(`/v1/admin/customers/${ID}`),
    decides: { readCustomer: () => Promise.resolve(undefined) },
  },
  {
    when: 'a second customer with a number',
    code: 'customer_exists',
    bytes: post('/v1/admin/customers', { name: 'Example Ltd', user_id: 1 }),
    decides: { createCustomer: () => Promise.resolve({ kind: 'customer_exists' }) },
  },
  {
    when: 'a key too many',
    code: 'too_many_keys',
    bytes: post('/v1/keys', KEY),
    decides: { createKey: () => Promise.resolve({ kind: 'too_many_keys' }) },
  },
  {
    when: 'a lost commit of a change',
    code: 'outcome_unknown',
    bytes: post('/v1/keys', KEY),
    decides: { createKey: () => throws(new CommitUnknown('accounts.create_key', new Error())) },
  },
  {
    when: 'a quote with wrong members',
    code: 'invalid_request',
    bytes: post('/v1/messages/quote', { to: [989120000001], text: 'hi', smart_encodng: true }),
  },
  {
    when: 'a list of messages with a misspelt filter',
    code: 'invalid_request',
    bytes: get('/v1/messages?status=LOST&created_afer=2026-01-19T08:30:00Z&limit=5000'),
  },
  {
    when: 'a message that is not there',
    code: 'message_not_found',
    bytes: get(`/v1/messages/${ID}`),
    decides: { readMessage: () => Promise.resolve(undefined) },
  },
  {
    when: 'a test key that cancels',
    code: 'live_key_required',
    bytes: request('DELETE', `/v1/messages/${ID}`),
    app: { authorize: () => ({ ...CUSTOMER, isTest: true }) },
  },
  {
    when: 'a message that was sent',
    code: 'not_cancellable',
    bytes: request('DELETE', `/v1/messages/${ID}`),
    decides: {
      cancel: () =>
        Promise.resolve({
          ...{ refunded: 0, cancelledNow: 0 },
          counts: { pending: 0, sending: 0, done: 1, failed: 0, cancelled: 0 },
        }),
    },
  },
  {
    when: 'a lost commit of a cancellation',
    code: 'outcome_unknown',
    bytes: request('DELETE', `/v1/messages/${ID}`),
    decides: { cancel: () => throws(new CommitUnknown('delivery.cancel', new Error())) },
  },
  {
    when: 'a list with a limit that is too large',
    code: 'invalid_request',
    bytes: get('/v1/keys?limit=5000'),
  },
  {
    when: 'a key with unknown members',
    code: 'invalid_request',
    bytes: post('/v1/keys', { name: 'shop', scopes: ['spend'], expire_at: '2027-01-01T00:00:00Z' }),
  },
  {
    when: 'a customer with wrong fields',
    code: 'invalid_request',
    bytes: post('/v1/admin/customers', { name: '', tier: 'gold' }),
  },
  {
    when: 'a change with a misspelt member',
    code: 'invalid_request',
    bytes: request('PATCH', `/v1/admin/customers/${ID}`, { teir: 'basic' }),
  },
  {
    when: 'a top-up under another name',
    code: 'invalid_request',
    bytes: post(`/v1/admin/customers/${ID}/top-up`, { amount: 100 }),
  },
]

describe('a documented refusal', () => {
  const documented = documentedExamples()
  const provoked = new Map<string, ProblemDocument>()
  let listener: Listener | undefined
  afterEach(() => listener?.close(0))

  for (const { when, code, bytes, decides = {}, app = {} } of PROVOCATIONS) {
    it(`is answered exactly as its example says: ${code} for ${when}`, async () => {
      const { app: served } = testApp(routes(decides), {
        ...{ bodyBytesMax: BODY_BYTES_MAX, authorize: () => CUSTOMER },
        ...app,
      })
      listener = await listenWith(served, { requestTimeoutMs: 200, headersTimeoutMs: 200, checkEveryMs: 20 })
      const client = await dial({ port: Number(new URL(listener.url).port) })
      client.say(bytes)
      await eventually('it is answered', () => answersIn(client.got()).length > 0)
      client.socket.destroy()
      const problem = JSON.parse(answersIn(client.got())[0]?.body ?? '') as ProblemDocument
      assert.equal(problem.code, code)
      provoked.set(keyOf(problem), problem)
      assert.deepEqual(anonymous(problem), documented.get(keyOf(problem)))
    })
  }

  it('is one of those above: every example was answered', () => {
    assert.deepEqual([...documented.keys()].sort(), [...provoked.keys()].sort())
  })

  it('has every code that the sources can answer with', () => {
    const codes = new Set([...documented.values()].map(({ code }) => code))
    // Neither belongs to a route.
    for (const code of ['not_found', 'method_not_allowed']) {
      assert.ok(renderOpenApi().includes(`\`${code}\``))
      codes.add(code)
    }
    const inSources = codesInSources()
    assert.ok(inSources.length > 15)
    assert.deepEqual(
      inSources.filter((code) => !codes.has(code)),
      [],
    )
  })
})

function routes(decides: Partial<ApiActions>) {
  const unexpected = () => throws(new Error('not expected'))
  const actions: ApiActions = {
    ...{ accept: unexpected, readHistory: unexpected, readBalance: unexpected, topUp: unexpected },
    ...{ readMessage: unexpected, listMessages: unexpected, listRecipients: unexpected, cancel: unexpected },
    price: () => {
      throw new Error('not expected')
    },
    ...{ readCredit: unexpected, listKeys: unexpected, createKey: unexpected, revokeKey: unexpected },
    ...{ listCustomers: unexpected, readCustomer: unexpected, createCustomer: unexpected },
    ...{ changeCustomer: unexpected, topUpCustomer: unexpected, readAdminLog: unexpected },
    ...{ limits: LIMITS, currency: 'USD', nowMs: () => 0 },
    ...decides,
  }
  const registry = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8' as const,
    metrics: () => Promise.resolve(''),
  }
  return listRoutes({ version: '0.0.0', roles: [], checks: [], registry }, actions)
}

/** Each different example of the document, without what differs from request to request. */
function documentedExamples(): Map<string, ProblemDocument> {
  const { paths } = JSON.parse(renderOpenApi()) as {
    paths: Record<string, Record<string, { responses: Record<string, { content: Content }> }>>
  }
  const values = Object.values(paths)
    .flatMap((path) => Object.values(path))
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap(({ content }) => Object.values(content['application/problem+json']?.examples ?? {}))
    .map(({ value }) => value)
  return new Map(values.map((value) => [keyOf(value), anonymous(value)]))
}

type Content = Record<string, { examples?: Record<string, { value: ProblemDocument }> }>

function keyOf({ code, detail }: ProblemDocument): string {
  return `${code}: ${detail}`
}

function anonymous(problem: ProblemDocument): ProblemDocument {
  return { ...problem, instance: '', request_id: '' }
}

/** A code stands behind a status, or begins an Unavailable. */
function codesInSources(): string[] {
  const folder = new URL('../../src/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const found = files.flatMap((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    return [...text.matchAll(/(?:\b[45]\d\d,\s*|new Unavailable\(\s*)'([a-z_]+)'/g)].map(
      ([, code = '']) => code,
    )
  })
  return [...new Set(found)]
}

function get(path: string, ...headers: string[]): string {
  return `${['GET ' + path + ' HTTP/1.1', 'Host: example.org', ...headers].join('\r\n')}\r\n\r\n`
}

function post(path: string, body: object | string, type = 'application/json'): string {
  return request('POST', path, body, type)
}

function request(
  method: string,
  path: string,
  body: object | string = '',
  type = 'application/json',
): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const head = [`${method} ${path} HTTP/1.1`, 'Host: example.org', `Content-Type: ${type}`]
  return `${[...head, `Content-Length: ${Buffer.byteLength(text)}`].join('\r\n')}\r\n\r\n${text}`
}

async function throws(error: unknown): Promise<never> {
  await Promise.resolve()
  throw error
}
