import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { OPENAPI_FILE, renderOpenApi } from '../../src/roles/swag.ts'

interface Operation {
  operationId: string
  summary: string
  parameters?: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[]
  requestBody?: {
    content: Record<string, { schema: { properties: Record<string, Record<string, unknown>> } }>
  }
  responses: Record<string, { description: string; content: Record<string, { schema: object }> }>
}

interface Document {
  openapi: string
  info: { version: string }
  paths: Record<string, Record<string, Operation>>
}

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

  it('names every route, each with an id of its own and a summary', () => {
    assert.match(document.openapi, /^3\.1\./)
    assert.deepEqual(Object.keys(document.paths), [
      '/sms/send',
      '/sms/history',
      '/balance',
      '/balance/add',
      '/healthz',
      '/readyz',
      '/metrics',
    ])
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
    for (const { summary } of operations) assert.ok(summary)
  })

  it('describes every answer, refusals as problem documents', () => {
    const statuses = (method: string, path: string) =>
      Object.keys(operation(method, path).responses).join(' ')
    assert.equal(statuses('post', '/sms/send'), '200 400 402 408 413 415 417 421 431 500 503')
    assert.equal(statuses('post', '/balance/add'), '200 400 408 409 413 415 417 421 431 500 503')
    for (const path of ['/sms/history', '/balance'])
      assert.equal(statuses('get', path), '200 400 417 421 431 500 503')
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
