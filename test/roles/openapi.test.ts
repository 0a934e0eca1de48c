import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { OPENAPI_FILE, documentedRoutes, renderOpenApi } from '../../src/roles/swag.ts'

interface Content {
  example?: unknown
  examples?: Record<string, { value: { code: string; status: number; detail: string } }>
}

interface Operation {
  operationId: string
  summary: string
  description?: string
  security?: Record<string, string[]>[]
  parameters?: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[]
  requestBody?: {
    content: Record<string, { schema: { properties: Record<string, Record<string, unknown>> } }>
  }
  responses: Record<string, { description: string; content: Record<string, Content> }>
}

interface Document {
  openapi: string
  info: { version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { properties?: Record<string, Record<string, unknown>> }> }
}

const PUBLIC = [
  '/healthz',
  '/readyz',
  '/metrics',
  '/operators/{name}/receipts',
  '/webhooks/twilio',
  '/v1/exports/{id}/file',
]

const text = renderOpenApi()
const document = JSON.parse(text) as Document
const operations = Object.values(document.paths).flatMap((item) => Object.values(item))

function operation(method: string, path: string): Operation {
  const found = document.paths[path]?.[method]
  assert.ok(found, `${method} ${path}`)
  return found
}

describe('the OpenAPI document', () => {
  it('is the one in docs/: after a change of a route, `npm run swag` brings it up to date', () => {
    assert.equal(readFileSync(OPENAPI_FILE, 'utf8'), text)
  })

  it('names every operation by an id of its own and a summary', () => {
    assert.match(document.openapi, /^3\.1\./)
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
    for (const { summary } of operations) assert.ok(summary)
  })

  it('is made of the list of routes that is served, each with its access', () => {
    const documented = documentedRoutes().filter(({ operation }) => operation)
    assert.deepEqual(
      documented.map(({ method, path, access }) => `${access} ${method} ${path}`),
      [
        'send post /sms/send',
        'read get /sms/history',
        'send post /v1/sms/send',
        'send post /v1/messages',
        'send post /v1/messages/bulk',
        'read get /v1/bulks/:id',
        'send post /v1/messages/quote',
        'read get /v1/messages',
        'read get /v1/messages/:id',
        'read get /v1/messages/:id/recipients',
        'read get /v1/messages/:id/attempts',
        'send delete /v1/messages/:id',
        'send delete /v1/bulks/:id',
        'read get /balance',
        'admin post /balance/add',
        'read get /v1/transactions',
        'read get /v1/me',
        'manage get /v1/keys',
        'manage post /v1/keys',
        'manage delete /v1/keys/:id',
        'admin get /v1/admin/customers',
        'admin post /v1/admin/customers',
        'admin get /v1/admin/customers/:id',
        'admin patch /v1/admin/customers/:id',
        'admin post /v1/admin/customers/:id/top-up',
        'admin get /v1/admin/customers/:id/keys',
        'admin post /v1/admin/customers/:id/keys',
        'admin delete /v1/admin/customers/:id/keys/:key_id',
        'admin get /v1/admin/tariffs',
        'admin post /v1/admin/tariffs',
        'admin post /v1/admin/tariffs/:id/end',
        'admin get /v1/admin/operators',
        'admin patch /v1/admin/operators/:name',
        'admin get /v1/admin/log',
        'public post /operators/:name/receipts',
        'public get /operators/:name/receipts',
        'public post /webhooks/twilio',
        'admin get /v1/admin/receipts',
        'read get /v1/messages/:id/timeline',
        'admin get /v1/admin/messages/:id/timeline',
        'read get /v1/queue',
        'read get /v1/events',
        'read get /v1/events/settings',
        'manage patch /v1/events/settings',
        'manage get /v1/webhooks',
        'manage post /v1/webhooks',
        'manage post /v1/webhooks/callback-secret',
        'manage patch /v1/webhooks/:id',
        'manage delete /v1/webhooks/:id',
        'manage post /v1/webhooks/:id/rotate-secret',
        'manage post /v1/webhooks/:id/test',
        'manage post /v1/webhooks/:id/replay',
        'manage get /v1/webhooks/:id/deliveries',
        'read get /v1/exports',
        'read post /v1/exports',
        'read get /v1/exports/:id',
        'read delete /v1/exports/:id',
        'public get /v1/exports/:id/file',
        'admin get /v1/admin/customers/:id/exports',
        'admin post /v1/admin/customers/:id/exports',
        'admin get /v1/admin/customers/:id/exports/:export_id',
        'admin delete /v1/admin/customers/:id/exports/:export_id',
        ...['messages', 'spend', 'delivery', 'top'].map((name) => `read get /v1/reports/${name}`),
        ...['messages', 'spend', 'delivery', 'margin', 'top'].map(
          (name) => `admin get /v1/admin/reports/${name}`,
        ),
        'read get /v1/deadlines',
        'admin get /v1/admin/deadlines',
        'public get /healthz',
        'public get /readyz',
        'public get /metrics',
      ],
    )
    assert.equal(operations.length, documented.length)
  })

  it('describes every answer, refusals as problem documents', () => {
    const statuses = (method: string, path: string) =>
      Object.keys(operation(method, path).responses).join(' ')
    assert.equal(statuses('post', '/sms/send'), '200 400 401 402 403 408 413 415 417 421 422 429 431 500 503')
    assert.equal(
      statuses('post', '/balance/add'),
      '200 400 401 403 408 409 413 415 417 421 422 429 431 500 503',
    )
    for (const path of ['/sms/history', '/balance'])
      assert.equal(statuses('get', path), '200 400 401 403 417 421 429 431 500 503')
    for (const path of ['/healthz', '/metrics']) assert.equal(statuses('get', path), '200 400 417 421 431')
    assert.equal(statuses('get', '/readyz'), '200 400 417 421 431 503')
    for (const path of ['/sms/send', '/sms/history', '/balance', '/balance/add']) {
      for (const { responses } of Object.values(document.paths[path] ?? {})) {
        for (const [status, { description, content }] of Object.entries(responses)) {
          assert.ok(description)
          assert.deepEqual(Object.keys(content), [
            status === '200' ? 'application/json' : 'application/problem+json',
          ])
        }
      }
    }
  })

  it('says which key each operation needs', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { security, description = '' } of Object.values(methods)) {
        const schemes = security?.flatMap((each) => Object.keys(each)) ?? []
        assert.deepEqual(schemes, PUBLIC.includes(path) ? [] : ['apiKey', 'bearer'], path)
        // An empty requirement says that no key is needed, which no route of /v1 may say.
        const isOptional = security?.some((each) => Object.keys(each).length === 0) ?? false
        assert.equal(isOptional, schemes.length > 0 && !path.startsWith('/v1/'), path)
        assert.equal(/Needs (the admin key|a key with the scope `\w+`)/.test(description), schemes.length > 0)
      }
    }
  })

  it('has a real example of every answer, and of every code that a refusal may have', () => {
    for (const { responses } of operations) {
      for (const [status, { description, content }] of Object.entries(responses)) {
        if (status === '204' || status === '304') continue
        const [{ example, examples } = {}] = Object.values(content)
        if (!description.startsWith('`')) {
          assert.ok(example, description)
          continue
        }
        const codes = [...description.matchAll(/`([a-z_]+)`: /g)].map(([, code]) => code)
        assert.deepEqual(Object.keys(examples ?? {}), codes)
        for (const [code, { value }] of Object.entries(examples ?? {})) {
          assert.deepEqual([value.code, value.status], [code, Number(status)])
          assert.match(value.detail, /^\S.*[.?)]$/)
        }
      }
    }
  })

  it('lets answers get new members, and shows no limit of a JavaScript number in them', () => {
    for (const schema of Object.values(document.components.schemas)) {
      assert.doesNotMatch(JSON.stringify(schema), /additionalProperties|9007199254740991/)
    }
  })

  it('names units and the few values that a field may have', () => {
    const properties = (name: string) => document.components.schemas[name]?.properties ?? {}
    assert.deepEqual(properties('LedgerItem')['transaction_type']?.['enum'], [
      'topup',
      'charge',
      'refund',
      'release',
      'compensation',
    ])
    assert.deepEqual(properties('HistoryItem')['type']?.['enum'], ['normal', 'express'])
    const states = ['pending', 'sending', 'done', 'failed', 'cancelled']
    assert.deepEqual(properties('HistoryItem')['status']?.['enum'], states)
    const status = operation('get', '/sms/history').parameters?.find(({ name }) => name === 'status')
    assert.deepEqual(status?.schema['enum'], states)
    for (const [schema, field, unit] of [
      ['SendAnswer', 'cost', /smallest currency unit/],
      ['BalanceAnswer', 'balance', /smallest currency unit/],
      ['LedgerItem', 'amount', /smallest currency unit/],
      ['InsufficientBalance', 'shortfall', /smallest currency unit/],
      ['HistoryItem', 'updated_at', /UTC/],
      ['Health', 'uptime_seconds', /Seconds/],
    ] as const) {
      assert.match(String(properties(schema)[field]?.['description']), unit)
    }
  })

  it('states the limits that requests are validated with', () => {
    const body = operation('post', '/sms/send').requestBody?.content['application/json']?.schema.properties
    assert.equal(body?.['recipients']?.['maxItems'], 10_000)
    assert.equal(body?.['recipients']?.['minItems'], 1)
    assert.deepEqual([body?.['text']?.['minLength'], body?.['text']?.['maxLength']], [1, 1_600])
    const parameters = operation('get', '/sms/history').parameters ?? []
    assert.deepEqual(
      parameters.map(({ name, required }) => [name, required ?? false]),
      [
        ['user_id', true],
        ['status', false],
        ['sms_identifier', false],
        ['limit', false],
        ['cursor', false],
      ],
    )
    const limit = parameters.find(({ name }) => name === 'limit')?.schema
    assert.deepEqual(
      [limit?.['type'], limit?.['minimum'], limit?.['maximum'], limit?.['default']],
      ['integer', 1, 1_000, 100],
    )
  })

  it('refers to nothing that is not in it', () => {
    const references = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, reference = '']) => reference)
    assert.ok(references.length > 20)
    for (const reference of references) {
      const [root, ...steps] = reference.split('/')
      assert.equal(root, '#')
      let found: unknown = document
      for (const step of steps) found = (found as Record<string, unknown>)[step]
      assert.equal(typeof found, 'object', reference)
    }
  })
})
