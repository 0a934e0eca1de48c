import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call, get } from '../support/api.ts'
import { fund } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

interface Content {
  schema?: { required?: string[] }
  example?: Record<string, unknown>
  examples?: Record<string, { value: unknown }>
}

interface Operation {
  description?: string
  parameters?: {
    name: string
    in: string
    required?: boolean
    example?: unknown
    schema: { enum?: string[] }
  }[]
  requestBody?: { content: Record<string, Content> }
  responses: Record<string, { content: Record<string, Content> }>
}

/** A request that the document shows, and the example of its answer. */
interface Shown {
  name: string
  method: string
  /** With the names of its parameters in braces. */
  address: string
  body?: object
  isAdmins: boolean
  status: number
  answer: Record<string, unknown>
}

const RECEIPTS_SECRET = 'the-secret-of-the-documented-examples'
const ADMIN_KEY = 'the-admin-key-of-the-documented-examples'

describe('the OpenAPI document of a running engine', () => {
  let engine: TestEngine
  let shown: Shown[] = []
  let ownKey: string
  let folder: string
  const scheduled: string[] = []
  const endpoints: string[] = []
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
    engine = await startTestEngine({
      env: { ADMIN_API_KEY: ADMIN_KEY, RECEIPTS_SECRET, EXPORT_FOLDER: folder },
    })
    await fund(engine.db, 1, 1_000)
    await newCustomer(engine.db, 'One', 1)
    ownKey = (await newKey(engine.db, 1)).text
    const { body } = await get<{ paths: Record<string, Record<string, Operation>> }>(
      engine.url,
      '/openapi.json',
    )
    shown = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) =>
        method === 'get' ? getsOf(path, operation) : changesOf(method.toUpperCase(), path, operation),
      ),
    )
  })
  after(async () => {
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('shows a request for every route of the contract, with every value of a filter', () => {
    const names = shown.map(({ name }) => name)
    for (const name of [
      'POST /sms/send normal',
      'POST /sms/send express',
      'POST /balance/add',
      'GET /balance?user_id=1',
      'GET /sms/history?user_id=1',
      'GET /sms/history?user_id=1&status=cancelled',
      'GET /v1/me',
      'POST /v1/keys',
      'DELETE /v1/keys/{id}',
      'PATCH /v1/admin/customers/{id}',
    ]) {
      assert.ok(names.includes(name), name)
    }
  })

  it('shows only requests that are answered as it says', async () => {
    for (const each of shown) {
      const { name, method, isAdmins, body } = each
      await endExports()
      const address = await fillIn(each.address)
      const key = isAdmins ? ADMIN_KEY : ownKey
      while (endpoints.length > 5)
        await call(engine.url, 'DELETE', `/v1/webhooks/${endpoints.shift()}`, { key: ownKey })
      const headers = { authorization: `Bearer ${RECEIPTS_SECRET}` }
      const access = address.startsWith('/operators/') ? { headers } : { key }
      const answered = await call(engine.url, method, address, { ...access, ...(body ? { body } : {}) })
      assert.equal(answered.status, each.status, `${name}: ${answered.text}`)
      assert.deepEqual(shapeOf(answered.body), shapeOf(each.answer), name)
    }
    for (const id of scheduled) await call(engine.url, 'DELETE', `/v1/messages/${id}`, { key: ownKey })
  })

  it('shows a history and a ledger with the members that they have', async () => {
    await engine.drain()
    for (const [path, list] of [
      ['/sms/history?user_id=1', 'history'],
      ['/balance?user_id=1', 'transactions'],
    ] as const) {
      const { answer } = shown.find(({ name }) => name === `GET ${path}`) ?? {}
      const { body } = await get<Record<string, unknown[]>>(engine.url, path)
      const item = body[list]?.[0]
      assert.ok(item && answer, path)
      assert.deepEqual(shapeOf(item), shapeOf((answer[list] as unknown[])[0]), path)
    }
  })

  /** A message that is not sent while its example is compared. */
  async function scheduledMessage(): Promise<string> {
    const { body, text } = await call(engine.url, 'POST', '/v1/messages', {
      key: ownKey,
      body: { to: '+989120000001', text: 'hi', send_at: new Date(Date.now() + 3_600_000).toISOString() },
    })
    const { message_id: id } = body as { message_id?: string }
    assert.ok(id, text)
    scheduled.push(id)
    return id
  }

  async function scheduledBulk(): Promise<string> {
    const sendAt = new Date(Date.now() + 3_600_000).toISOString()
    const { body, text } = await call(engine.url, 'POST', '/v1/messages/bulk', {
      key: ownKey,
      body: { messages: [{ to: '+989120000001', text: 'hi', send_at: sendAt }] },
    })
    const [result] = body['results'] as { message_id?: string }[]
    assert.ok(result?.message_id, text)
    scheduled.push(result.message_id)
    return String(body['bulk_id'])
  }

  const RANGE = { from: '2026-01-01T00:00:00Z', to: '2026-01-19T00:00:00Z' }
  async function newExport(path: string, key: string): Promise<string> {
    const body = { what: 'ledger', ...RANGE }
    const { body: made, text } = await call(engine.url, 'POST', path, { key, body })
    const { id } = made as { id?: string }
    assert.ok(id, text)
    return id
  }

  /** A customer has a few at once. */
  async function endExports(): Promise<void> {
    const { body } = await call(engine.url, 'GET', '/v1/exports', { key: ownKey })
    for (const { id } of body['exports'] as { id: string }[])
      await call(engine.url, 'DELETE', `/v1/exports/${id}`, { key: ownKey })
  }

  async function newTariff(): Promise<string> {
    const { body, text } = await call(engine.url, 'POST', '/v1/admin/tariffs', {
      key: ADMIN_KEY,
      body: { destination_prefix: '999', per: 'message', price: 1 },
    })
    const { id } = body
    assert.ok(typeof id === 'number' || typeof id === 'string', text)
    return String(id)
  }

  async function newEndpoint(): Promise<string> {
    const { body, text } = await call(engine.url, 'POST', '/v1/webhooks', {
      key: ownKey,
      body: { url: 'https://shop.example/', events: ['message.undelivered'] },
    })
    const { id } = body as { id?: string }
    assert.ok(id, text)
    endpoints.push(id)
    return id
  }

  /** A customer and a key of its own for each request, so that one may be revoked. */
  async function fillIn(address: string): Promise<string> {
    if (!address.includes('{')) return address
    if (address.startsWith('/operators/')) return address.replace('{name}', 'operator-a')
    if (/^\/v1\/(?:admin\/)?messages\//.test(address))
      return address.replace('{id}', await scheduledMessage())
    if (address.startsWith('/v1/bulks/')) return address.replace('{id}', await scheduledBulk())
    if (address.startsWith('/v1/admin/operators/')) return address.replace('{name}', 'operator-a')
    if (address.startsWith('/v1/admin/tariffs/')) return address.replace('{id}', await newTariff())
    if (address.startsWith('/v1/exports/'))
      return address.replace('{id}', await newExport('/v1/exports', ownKey))
    if (address.startsWith('/v1/webhooks/')) return address.replace('{id}', await newEndpoint())
    const isAdmins = address.startsWith('/v1/admin/')
    const customer = isAdmins ? await newCustomer(engine.db) : { userId: 1, publicId: '' }
    if (address.includes('{export_id}')) {
      const path = `/v1/admin/customers/${customer.publicId}/exports`
      return `${path}/${await newExport(path, ADMIN_KEY)}`
    }
    const { key } = await newKey(engine.db, customer.userId)
    return address.replace('{id}', isAdmins ? customer.publicId : key.id).replace('{key_id}', key.id)
  }
})

/** A form is signed by who sends it, and has a test of its own. */
function changesOf(method: string, path: string, operation: Operation): Shown[] {
  if (operation.requestBody && !operation.requestBody.content['application/json']) return []
  const { example, examples } = operation.requestBody?.content['application/json'] ?? {}
  const bodies: [string, object | undefined][] = [
    ...(example || !examples ? [['', example] as [string, object | undefined]] : []),
    ...Object.entries(examples ?? {}).map(([name, { value }]): [string, object] => [
      ` ${name}`,
      value as object,
    ]),
  ]
  return bodies.map(([name, body]) => ({
    ...{ name: `${method} ${path}${name}`, method, address: path, isAdmins: isAdmins(operation) },
    ...(body ? { body } : {}),
    ...exampleOf(operation.responses),
  }))
}

function isAdmins({ description = '' }: Operation): boolean {
  return description.includes('Needs the admin key')
}

/** With what is required, and then with each value of each filter besides. Answers that are no JSON are not compared. */
function getsOf(path: string, operation: Operation): Shown[] {
  const { parameters = [], responses } = operation
  if (!responses['200']?.content['application/json']) return []
  const query = parameters.filter((parameter) => parameter.in === 'query')
  const required = query
    .filter(({ required }) => required)
    .map(({ name, example }) => `${name}=${String(example)}`)
  const filters = query.flatMap(({ name, schema }) => (schema.enum ?? []).map((value) => `${name}=${value}`))
  return [undefined, ...filters].map((filter) => {
    const given = [...required, ...(filter ? [filter] : [])].join('&')
    const address = given ? `${path}?${given}` : path
    return {
      ...{ name: `GET ${address}`, method: 'GET', address, isAdmins: isAdmins(operation) },
      ...exampleOf(responses),
    }
  })
}

function exampleOf(responses: Operation['responses']): { status: number; answer: Record<string, unknown> } {
  const [status = '', response] = Object.entries(responses).find(([each]) => /^2/.test(each)) ?? []
  return { status: Number(status), answer: response?.content['application/json']?.example ?? {} }
}

/** The names of the members. */
function shapeOf(value: unknown): string[] {
  return Object.keys(value as object).sort()
}
