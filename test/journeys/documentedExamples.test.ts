import assert from 'node:assert/strict'
import { get, post, topUp } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'

interface Content {
  schema?: { required?: string[] }
  example?: Record<string, unknown>
  examples?: Record<string, { value: unknown }>
}

interface Operation {
  parameters?: { name: string; required?: boolean; example?: unknown; schema: { enum?: string[] } }[]
  requestBody?: { content: Record<string, Content> }
  responses: Record<string, { content: Record<string, Content> }>
}

/** A request that the document shows, and the example of its answer. */
interface Shown {
  name: string
  send: (url: string) => Promise<{ status: number; body: Record<string, unknown> }>
  answer: Record<string, unknown>
}

describe('the OpenAPI document of a running engine', () => {
  let engine: TestEngine
  let shown: Shown[] = []
  before(async () => {
    engine = await startTestEngine()
    await topUp(engine.url, 1, 1_000)
    const { body } = await get<{ paths: Record<string, Record<string, Operation>> }>(
      engine.url,
      '/openapi.json',
    )
    shown = Object.entries(body.paths).flatMap(([path, methods]) => [
      ...(methods['post'] ? postsOf(path, methods['post']) : []),
      ...(methods['get'] ? getsOf(path, methods['get']) : []),
    ])
  })
  after(() => engine.stop())

  it('shows a request for every route of the contract, with every value of a filter', () => {
    const names = shown.map(({ name }) => name)
    for (const name of [
      'POST /sms/send normal',
      'POST /sms/send express',
      'POST /balance/add',
      'GET /balance?user_id=1',
      'GET /sms/history?user_id=1',
      'GET /sms/history?user_id=1&status=cancelled',
    ]) {
      assert.ok(names.includes(name), name)
    }
  })

  it('shows only requests that are answered as it says', async () => {
    for (const { name, send, answer } of shown) {
      const { status, body } = await send(engine.url)
      assert.equal(status, 200, name)
      assert.deepEqual(shapeOf(body), shapeOf(answer), name)
    }
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
})

function postsOf(path: string, { requestBody, responses }: Operation): Shown[] {
  const { example, examples } = requestBody?.content['application/json'] ?? {}
  const bodies: [string, unknown][] = [
    ...(example ? [['', example] as [string, unknown]] : []),
    ...Object.entries(examples ?? {}).map(([name, { value }]): [string, unknown] => [` ${name}`, value]),
  ]
  return bodies.map(([name, body]) => ({
    name: `POST ${path}${name}`,
    send: (url) => post(url, path, body),
    answer: exampleOf(responses),
  }))
}

/** With what is required, and then with each value of each filter besides. Answers that are no JSON are not compared. */
function getsOf(path: string, { parameters = [], responses }: Operation): Shown[] {
  if (!responses['200']?.content['application/json']) return []
  const required = parameters
    .filter(({ required }) => required)
    .map(({ name, example }) => `${name}=${String(example)}`)
  const filters = parameters.flatMap(({ name, schema }) =>
    (schema.enum ?? []).map((value) => `${name}=${value}`),
  )
  return [undefined, ...filters].map((filter) => {
    const query = [...required, ...(filter ? [filter] : [])].join('&')
    const address = query ? `${path}?${query}` : path
    return { name: `GET ${address}`, send: (url) => get(url, address), answer: exampleOf(responses) }
  })
}

function exampleOf(responses: Operation['responses']): Record<string, unknown> {
  return responses['200']?.content['application/json']?.example ?? {}
}

/** The names of the members. */
function shapeOf(value: unknown): string[] {
  return Object.keys(value as object).sort()
}
