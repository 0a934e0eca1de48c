import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
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
import { perMinute, perSecond } from '../../src/limits/index.ts'
import type { Listener } from '../../src/platform/http/index.ts'
import type { Access } from '../../src/primitives/access.ts'
import type { Problem } from '../../src/primitives/problem.ts'
import type { MessageView } from '../../src/messages/describeMessages.ts'
import { callbackSecretRequired } from '../../src/messages/index.ts'
import { noCounts } from '../../src/messages/v1Status.ts'
import type { Unavailable } from '../../src/primitives/unavailable.ts'
import { listRoutes } from '../../src/roles/routes.ts'
import type { TemplateReceipts } from '../../src/operators/httpTemplate/receiptsConfig.ts'
import { RECEIPTS_DEFAULT } from '../../src/operators/index.ts'
import { createAuthenticate, createAuthenticateCallback } from '../../src/receipts/index.ts'
import type { CallbackSender, ReceiptSender } from '../../src/receipts/index.ts'
import type { ApiActions } from '../../src/roles/routes.ts'
import { bulkIncomplete } from '../../src/messages/bulk/endEarly.ts'
import { BULK_BODY_BYTES_MAX } from '../../src/messages/routes/bulk/bulkBody.ts'
import { renderOpenApi } from '../../src/roles/swag.ts'
import { answersIn, dial, listenWith } from '../platform/http/rawClient.ts'
import { testApp } from '../support/app.ts'
import { codesInSources } from '../support/codesInSources.ts'
import { cataloguedCodes, OF_THE_OPERATIONS_PAGE } from '../support/errorCatalogue.ts'
import { eventually } from '../support/eventually.ts'

const LIMITS = { recipientsMax: 10_000, textCharsMax: 1_600, partsMax: 10 }
const BODY_BYTES_MAX = 1_048_576
const ID = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043'
const TRANSACTION_ID = '019bd59f-0b73-7d15-8c4e-91a2f6e03b58'

/** A customer whose key may do everything. */
const unexpected = () => throws(new Error('not expected'))
const WEBHOOKS: ApiActions['webhooks'] = {
  ...{ readFeed: unexpected, readEventSettings: unexpected, changeEventSettings: unexpected },
  ...{ listEndpoints: unexpected, createEndpoint: unexpected, changeEndpoint: unexpected },
  ...{ deleteEndpoint: unexpected, rotateSecret: unexpected, rotateCallbackSecret: unexpected },
  ...{ testEndpoint: unexpected, replay: unexpected, listDeliveries: unexpected, allowsPrivate: false },
}

const EXPORTS: ApiActions['exports'] = {
  ...{
    folder: import.meta.dirname,
    hasParquet: true,
    downloadsMax: 1,
    nowMs: () => Date.UTC(2026, 0, 20),
    createExport: unexpected,
  },
  ...{ listExports: unexpected, readExport: unexpected, deleteExport: unexpected },
  ...{ findDownload: unexpected, readCustomer: unexpected },
}

const EXPORT_END = '2026-01-19T00:00:00Z'
const THIS_FILE = {
  ...{ file: 'documentedRefusals.test.ts', name: 'messages.csv', format: 'csv' as const },
  ...{ userId: 1, sha256: '00' },
}

const REPORTS: ApiActions['reports'] = {
  ...{
    currency: 'USD',
    nowMs: () => Date.UTC(2026, 0, 19, 8, 30),
    readReport: unexpected,
    readTop: unexpected,
  },
  ...{ readTopCustomers: unexpected, findCustomer: unexpected, nameCustomers: unexpected },
}

const CUSTOMER: Access = {
  customer: {
    ...{ userId: 1, publicId: ID, name: 'Example Ltd', tier: 'basic' },
    ...{ partsPerMinute: null, partsBurst: null, requestsPerSecond: null },
    allowedSenders: null,
    onUnknown: null,
    normalWeight: 1,
    sendingPartsPerSecond: null,
    sendingWindow: null,
    ...{ guaranteedWithinMs: null, hedge: false },
    ...{ spendPerDay: null, spendPerMonth: null },
  },
  ...{ isAdmin: false, isTest: false, isOpen: false, actor: 'key' },
}

const LIVE_MESSAGE: MessageView = {
  ...{
    smsIdentifier: ID,
    type: 'normal',
    isTest: false,
    status: 'QUEUED',
    counts: noCounts(),
    recipients: 1,
  },
  ...{ to: ['+989120000001'], sender: null, text: 'hi', parts: 1, cost: 1, attempts: 0, provider: null },
  ...{ toGiven: null, clientReference: null, tags: [], expiresAt: null },
  ...{ failure: null, isPossibleDuplicate: false, onUnknown: null, sendAt: null, guaranteedBy: null },
  ...{ charging: 'acceptance', money: 'charged', held: 0, returned: 0 },
  ...{ createdAt: new Date(0), updatedAt: new Date(0) },
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

const SPEND_LIMIT = {
  kind: 'spend_limit',
  period: 'day',
  ...{ limit: 500, spent: 498, resetsAtMs: Date.UTC(2026, 0, 20) },
} as const
const TOO_MANY_PARTS = {
  ...{ retryAfterMs: 1_000, parts: 2 },
  partsLeft: { name: 'parts', limit: perMinute(60), remaining: 1, nextInSeconds: 1 },
} as const
const BULK = post('/v1/messages/bulk', { messages: [{ to: '+989120000001', text: 'hi' }] })
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

const SENDER: ReceiptSender = {
  ...{ name: 'a', protocol: 'chapar-http' },
  receipts: { ...RECEIPTS_DEFAULT, secret: 'secret-of-operator-a', allowedSources: ['192.0.2.7'] },
}

const BY_QUERY: ReceiptSender = {
  ...{ name: 'a', protocol: 'http-template' },
  receipts: {
    ...SENDER.receipts,
    format: {
      ...{ from: 'query', identifier: 'id', status: 's', statuses: { delivered: ['1'] } },
      answer: { status: 200, body: '' },
    },
  } as TemplateReceipts,
}

const FORM = 'application/x-www-form-urlencoded'
const TWILIO: CallbackSender = {
  ...{ name: 'twilio', protocol: 'twilio', receipts: RECEIPTS_DEFAULT },
  ...{ authToken: 'token', url: 'https://sms.example/webhooks/twilio' },
}

/** What an operator may be refused for. */
function receiptProvocations(): Provocation[] {
  const authenticateOperator = createAuthenticate([SENDER])
  const ofSender = (body: object, secret: string) =>
    post('/operators/a/receipts', body).replace('\r\n\r\n', `\r\nAuthorization: Bearer ${secret}\r\n\r\n`)
  const provocation = (when: string, code: string, bytes: string): Provocation => {
    return { when, code, bytes, decides: { authenticateOperator } }
  }
  const secret = SENDER.receipts.secret ?? ''
  const authenticateCallback = createAuthenticateCallback([TWILIO])
  const callback = (when: string, code: string, body: string, type = FORM): Provocation => {
    const url = Buffer.from(TWILIO.url + body)
    const signature = createHmac('sha1', TWILIO.authToken).update(url).digest('base64')
    const bytes = post('/webhooks/twilio', body, type).replace(
      '\r\n\r\n',
      `\r\nX-Twilio-Signature: ${signature}\r\n\r\n`,
    )
    return { when, code, bytes, decides: { authenticateCallback } }
  }
  return [
    callback('a callback without anything', 'malformed_receipts', ''),
    callback('a callback in JSON', 'unsupported_media_type', '{}', 'application/json'),
    {
      ...callback('a callback without a signature', 'invalid_signature', ''),
      bytes: post('/webhooks/twilio', 'MessageSid=SM01', FORM),
    },
    {
      ...provocation(
        'a receipt in a query that is empty',
        'malformed_receipts',
        get('/operators/a/receipts', `Authorization: Bearer ${secret}`),
      ),
      decides: { authenticateOperator: createAuthenticate([BY_QUERY]) },
    },
    provocation('receipts under a wrong secret', 'invalid_secret', ofSender([], 'x')),
    {
      ...provocation('receipts from another address', 'source_not_allowed', ofSender([], secret)),
      decides: { authenticateOperator, sourceOf: () => '192.0.2.8' },
    },
    provocation('no receipts', 'malformed_receipts', ofSender([], secret)),
    {
      when: 'receipts in a state that they do not have',
      code: 'invalid_request',
      bytes: get('/v1/admin/receipts?state=lost'),
    },
  ]
}

const PROVOCATIONS: Provocation[] = [
  {
    when: 'a message with wrong fields',
    code: 'invalid_request',
    bytes: post('/sms/send', { user_id: 1, text: '', recipients: ['09128582812', '0912call'] }),
  },
  {
    when: 'a message with a key and wrong fields',
    code: 'invalid_request',
    bytes: post('/v1/sms/send', { user_id: 1, text: '', recipients: ['09128582812', '0912call'] }),
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
    decides: { accept: () => Promise.resolve({ kind: 'price_exceeded', cost: 6, maxPrice: 5 }) },
    app: { authorize: () => CUSTOMER },
  },
  {
    when: 'a sender that the customer may not name',
    code: 'sender_not_allowed',
    bytes: post('/v1/messages', { to: '+989120000001', text: 'hi', from: 'Other' }),
    app: {
      authorize: () => ({
        ...CUSTOMER,
        ...(CUSTOMER.customer ? { customer: { ...CUSTOMER.customer, allowedSenders: ['Example'] } } : {}),
      }),
    },
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
      accept: () => Promise.resolve({ kind: 'rate_limit', ...TOO_MANY_PARTS }),
    },
  },
  {
    when: 'a limit of spending that is used up',
    code: 'spend_limit',
    bytes: SENT,
    decides: {
      accept: () => Promise.resolve(SPEND_LIMIT),
    },
  },
  {
    when: 'a message that would leave too late by its customer’s window or rate',
    code: 'delayed_too_far',
    bytes: SENT,
    decides: { accept: () => Promise.resolve({ kind: 'delayed_too_far', retryAfterMs: 90_000 }) },
  },
  {
    when: 'a backlog that is too old',
    code: 'backlog',
    bytes: SENT,
    decides: { accept: () => Promise.resolve({ kind: 'backlog', ageSeconds: 912, retryAfterSeconds: 12 }) },
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
  ...receiptProvocations(),
  ...accessProvocations(),
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
    when: 'a tariff with wrong fields',
    code: 'invalid_request',
    bytes: post('/v1/admin/tariffs', { destination_prefix: '+98', per: 'part', price: 0.5 }),
  },
  {
    when: 'a tariff too many',
    code: 'too_many_tariffs',
    bytes: post('/v1/admin/tariffs', { per: 'part', price: 5 }),
    decides: { createTariff: () => Promise.resolve({ kind: 'too_many_tariffs' }) },
  },
  {
    when: 'an end that is no time',
    code: 'invalid_request',
    bytes: post('/v1/admin/tariffs/17/end', { valid_until: 'tomorrow' }),
  },
  {
    when: 'an operator with a wrong state',
    code: 'invalid_request',
    bytes: request('PATCH', '/v1/admin/operators/operator-a', { state: 'stopped', reason: '' }),
  },
  {
    when: 'an operator that is not there',
    code: 'operator_not_found',
    bytes: request('PATCH', '/v1/admin/operators/operator-z', { state: 'paused', reason: 'its maintenance' }),
    decides: { changeOperator: () => Promise.resolve(undefined) },
  },
  {
    when: 'a tariff that is not there',
    code: 'tariff_not_found',
    bytes: post('/v1/admin/tariffs/17/end', {}),
    decides: { endTariff: () => Promise.resolve({ kind: 'tariff_not_found' }) },
  },
  {
    when: 'a tariff that ends earlier',
    code: 'tariff_ended',
    bytes: post('/v1/admin/tariffs/17/end', {}),
    decides: {
      endTariff: () => Promise.resolve({ kind: 'ends_earlier', validUntilMs: Date.UTC(2026, 1) }),
    },
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
    decides: { readMessage: () => Promise.resolve(LIVE_MESSAGE) },
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
    when: 'a bulk with wrong members',
    code: 'invalid_request',
    bytes: post('/v1/messages/bulk', { messages: [], all_or_nothng: true }),
  },
  {
    when: 'a bulk that is larger than its limit',
    code: 'body_too_large',
    bytes: post('/v1/messages/bulk', `"${'x'.repeat(BULK_BODY_BYTES_MAX)}"`),
  },
  {
    when: 'a bulk of all or nothing that the balance does not cover',
    code: 'insufficient_balance',
    bytes: BULK,
    decides: {
      acceptBulk: () =>
        Promise.resolve({
          ...{ kind: 'short', cost: 6, balance: 5 },
          items: [{ index: 5, refusal: { kind: 'insufficient_balance', cost: 1, balance: 0 } }],
        }),
    },
  },
  {
    when: 'a bulk of all or nothing with a message that costs more than it may',
    code: 'price_exceeded',
    bytes: BULK,
    decides: {
      acceptBulk: () =>
        Promise.resolve({
          kind: 'refused',
          items: [{ index: 1, refusal: { kind: 'price_exceeded', cost: 6, maxPrice: 5 } }],
        }),
    },
  },
  {
    when: 'a bulk of all or nothing beyond the limit of spending',
    code: 'spend_limit',
    bytes: BULK,
    decides: {
      acceptBulk: () => Promise.resolve({ kind: 'refused', items: [{ index: 1, refusal: SPEND_LIMIT }] }),
    },
  },
  {
    when: 'a bulk of all or nothing that would leave too late',
    code: 'delayed_too_far',
    bytes: BULK,
    decides: {
      acceptBulk: () =>
        Promise.resolve({
          kind: 'refused',
          items: [{ index: 1, refusal: { kind: 'delayed_too_far', retryAfterMs: 90_000 } }],
        }),
    },
  },
  {
    when: 'a bulk of all or nothing beyond the limit of parts',
    code: 'rate_limit',
    bytes: BULK,
    decides: { acceptBulk: () => Promise.resolve({ kind: 'limited', ...TOO_MANY_PARTS }) },
  },
  {
    when: 'a bulk that was interrupted',
    code: 'bulk_incomplete',
    bytes: BULK,
    decides: { acceptBulk: () => throws(bulkIncomplete()) },
  },
  {
    when: 'a bulk that is not there',
    code: 'bulk_not_found',
    bytes: get(`/v1/bulks/${ID}`),
    decides: { readBulk: () => Promise.resolve(undefined) },
  },
  {
    when: 'a lost commit of the cancellation of a bulk',
    code: 'outcome_unknown',
    bytes: request('DELETE', `/v1/bulks/${ID}`),
    decides: { cancelBulk: () => throws(new CommitUnknown('delivery.cancel_bulk', new Error())) },
  },
  {
    when: 'a message with a callback_url and no secret',
    code: 'callback_secret_required',
    bytes: post('/v1/messages', { to: '+989120000001', text: 'hi', callback_url: 'https://shop.example/' }),
    decides: { accept: () => Promise.resolve({ kind: 'refused', problem: callbackSecretRequired() }) },
  },
  {
    when: 'a feed from before its beginning',
    code: 'invalid_request',
    bytes: get('/v1/events?after=-1'),
  },
  {
    when: 'settings of events of another type',
    code: 'invalid_request',
    bytes: request('PATCH', '/v1/events/settings', { feed: 'yes' }),
  },
  {
    when: 'an endpoint on this machine, with a misspelt member',
    code: 'invalid_request',
    bytes: post('/v1/webhooks', { url: 'http://127.0.0.1/', event: ['message.sent'] }),
  },
  {
    when: 'a change of an endpoint to this machine',
    code: 'invalid_request',
    bytes: request('PATCH', `/v1/webhooks/${ID}`, { url: 'http://127.0.0.1/', event: ['message.sent'] }),
  },
  {
    when: 'a replay from before the beginning',
    code: 'invalid_request',
    bytes: post(`/v1/webhooks/${ID}/replay`, { after: -1 }),
  },
  {
    when: 'an endpoint that is not there',
    code: 'webhook_not_found',
    bytes: get(`/v1/webhooks/${ID}/deliveries`),
    decides: { webhooks: { ...WEBHOOKS, listDeliveries: () => Promise.resolve(undefined) } },
  },
  {
    when: 'an endpoint more than a customer may have',
    code: 'too_many_webhooks',
    bytes: post('/v1/webhooks', { url: 'https://shop.example/' }),
    decides: {
      webhooks: { ...WEBHOOKS, createEndpoint: () => Promise.resolve({ kind: 'too_many_endpoints' }) },
    },
  },
  {
    when: 'a change of endpoints by a test key',
    code: 'live_key_required',
    bytes: request('DELETE', `/v1/webhooks/${ID}`),
    app: { authorize: () => ({ ...CUSTOMER, isTest: true }) },
  },
  {
    when: 'a lost commit of a change of an endpoint',
    code: 'outcome_unknown',
    bytes: request('DELETE', `/v1/webhooks/${ID}`),
    decides: {
      webhooks: {
        ...WEBHOOKS,
        deleteEndpoint: () => throws(new CommitUnknown('webhooks.delete', new Error())),
      },
    },
  },
  {
    when: 'an export of nothing that is known',
    code: 'invalid_request',
    bytes: post('/v1/exports', { what: 'texts', from: '2026-01-01', to: EXPORT_END }),
  },
  {
    when: 'exports without a folder',
    code: 'exports_not_served',
    bytes: get('/v1/exports'),
    decides: { exports: { ...EXPORTS, folder: undefined } },
  },
  {
    when: 'an export that is not there',
    code: 'export_not_found',
    bytes: get(`/v1/exports/${ID}`),
    decides: { exports: { ...EXPORTS, readExport: () => Promise.resolve(undefined) } },
  },
  ...(['too_many_open', 'overloaded'] as const).map((kind) => ({
    when: `an export more than there may be (${kind})`,
    code: kind === 'overloaded' ? 'exports_overloaded' : 'too_many_exports',
    bytes: post('/v1/exports', { what: 'ledger', from: '2026-01-01T00:00:00Z', to: EXPORT_END }),
    decides: { exports: { ...EXPORTS, createExport: () => Promise.resolve({ kind }) } },
  })),
  {
    when: 'a download without a signature',
    code: 'invalid_request',
    bytes: get(`/v1/exports/${ID}/file?expires=soon`),
  },
  {
    when: 'a download with a wrong signature',
    code: 'download_refused',
    bytes: get(`/v1/exports/${ID}/file?expires=1768812300&signature=x`),
    decides: { exports: { ...EXPORTS, findDownload: () => Promise.resolve('refused' as const) } },
  },
  {
    when: 'a range behind the end of the file',
    code: 'range_not_satisfiable',
    bytes: get(`/v1/exports/${ID}/file?expires=1768812300&signature=x`, 'Range: bytes=99999999-'),
    decides: { exports: { ...EXPORTS, findDownload: () => Promise.resolve(THIS_FILE) } },
  },
  {
    when: 'a download more than there may be',
    code: 'overloaded',
    bytes: get(`/v1/exports/${ID}/file?expires=1768812300&signature=x`),
    decides: { exports: { ...EXPORTS, downloadsMax: 0 } },
  },
  {
    when: 'a page of a timeline that is too large',
    code: 'invalid_request',
    bytes: get('/v1/messages/x/timeline?limit=5000'),
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
    when: 'a report of weeks',
    code: 'invalid_request',
    bytes: get('/v1/reports/top?granularity=week'),
  },
  {
    when: 'missed guarantees from a time that is none',
    code: 'invalid_request',
    bytes: get('/v1/deadlines?from=yesterday'),
  },
  {
    when: 'a report with more points than an answer may have',
    code: 'too_many_points',
    bytes: get('/v1/reports/messages?granularity=minute&from=2025-12-20T08:30:00Z'),
  },
  {
    when: 'a report that reads too much',
    code: 'report_too_large',
    bytes: get('/v1/reports/messages'),
    decides: {
      reports: {
        ...REPORTS,
        readReport: () =>
          Promise.resolve({
            ...{ kind: 'too_large', granularity: 'minute', proposed: 'hour' },
            readableToMs: Date.UTC(2026, 0, 20, 14),
          }),
      },
    },
  },
  {
    when: 'a report of minutes that are not kept any more',
    code: 'report_not_kept',
    bytes: get('/v1/reports/top?granularity=minute&from=2026-01-11T08:29:00Z&to=2026-01-11T08:30:00Z'),
  },
  {
    when: 'a report in a format that is not served',
    code: 'not_acceptable',
    bytes: get('/v1/reports/spend').replace('\r\n\r\n', '\r\nAccept: image/png\r\n\r\n'),
    decides: {
      reports: {
        ...REPORTS,
        readReport: () => Promise.resolve({ kind: 'report', points: [], completeToMs: 0 }),
      },
    },
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
  const asksToWait = new Set<string>()
  let listener: Listener | undefined
  afterEach(() => listener?.close(0))

  for (const { when, code, bytes, decides = {}, app = {} } of PROVOCATIONS) {
    it(`is answered exactly as its example says: ${code} for ${when}`, async () => {
      const { app: served } = testApp(routes(decides), {
        ...{ bodyBytesMax: BODY_BYTES_MAX, authorize: () => CUSTOMER },
        ...app,
      })
      // A body of many megabytes takes its time on a slow machine.
      const requestTimeoutMs = code === 'request_timeout' ? 200 : 20_000
      const limits = { requestTimeoutMs, headersTimeoutMs: requestTimeoutMs, checkEveryMs: 20 }
      listener = await listenWith(served, limits)
      const client = await dial({ port: Number(new URL(listener.url).port) })
      client.say(bytes)
      await eventually('it is answered', () => answersIn(client.got()).length > 0)
      client.socket.destroy()
      const [answered] = answersIn(client.got())
      const problem = JSON.parse(answered?.body ?? '') as ProblemDocument
      assert.equal(problem.code, code)
      if (answered?.headers.has('retry-after')) asksToWait.add(code)
      provoked.set(keyOf(problem), problem)
      assert.deepEqual(anonymous(problem), documented.get(keyOf(problem)))
    })
  }

  const ofThePage = OF_THE_OPERATIONS_PAGE.map(([code]) => code)

  it('is one of those above: every example was answered', () => {
    assert.deepEqual([...documented.keys()].sort(), [...provoked.keys()].sort())
  })

  it('asks to wait where the catalogue of errors says so, and nowhere else', () => {
    const says = cataloguedCodes().filter(
      ({ code, repeat }) => repeat.startsWith('after `Retry-After`') && !ofThePage.includes(code),
    )
    assert.deepEqual([...asksToWait].sort(), says.map(({ code }) => code).sort())
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
      inSources.filter((code) => !codes.has(code) && !ofThePage.includes(code)),
      [],
    )
  })
})

function routes(decides: Partial<ApiActions>) {
  const actions: ApiActions = {
    ...{ accept: unexpected, readHistory: unexpected, readBalance: unexpected, topUp: unexpected },
    ...{ readMessage: unexpected, listMessages: unexpected, listRecipients: unexpected, cancel: unexpected },
    ...{ listAttempts: unexpected, readTimeline: unexpected, readQueue: unexpected },
    ...{ acceptBulk: unexpected, readBulk: unexpected, cancelBulk: unexpected },
    price: () => {
      throw new Error('not expected')
    },
    ...{
      readCredit: unexpected,
      readHeld: unexpected,
      listKeys: unexpected,
      createKey: unexpected,
      revokeKey: unexpected,
    },
    ...{ listCustomers: unexpected, readCustomer: unexpected, createCustomer: unexpected },
    ...{ changeCustomer: unexpected, topUpCustomer: unexpected, readAdminLog: unexpected },
    ...{ limits: LIMITS, currency: 'USD', requestsLimit: perSecond(1), nowMs: () => 0 },
    exports: EXPORTS,
    ...{ webhooks: WEBHOOKS, reports: REPORTS },
    deadlines: { nowMs: () => 0, listMisses: unexpected, findCustomer: () => Promise.resolve(undefined) },
    ...{ listOperators: unexpected, changeOperator: unexpected },
    ...{ listTariffs: unexpected, createTariff: unexpected, endTariff: unexpected },
    authenticateOperator: () => {
      throw new Error('not expected')
    },
    authenticateCallback: () => {
      throw new Error('not expected')
    },
    sourceOf: () => '192.0.2.7',
    ...{ storeReceipts: unexpected, listReceipts: unexpected, receiptEvents: { refused: () => {} } },
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
    paths: Record<string, Record<string, { responses: Record<string, { content?: Content }> }>>
  }
  const values = Object.values(paths)
    .flatMap((path) => Object.values(path))
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap(({ content }) => Object.values(content?.['application/problem+json']?.examples ?? {}))
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
