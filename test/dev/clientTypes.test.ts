import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { format } from 'prettier'
import { CLIENT_TYPES, describeClientTypes, renderClientTypes } from '../../dev/clientTypes.ts'
import { renderComment, renderType } from '../../dev/clientTypes/renderType.ts'
import type { Schema } from '../../dev/clientTypes/schema.ts'

/** As it stands in a file. */
async function typeOf(schema: Schema, direction: 'input' | 'answer' = 'answer'): Promise<string> {
  const text = await format(`type T = ${renderType(schema, direction)}`, {
    parser: 'typescript',
    semi: false,
  })
  return text
    .replace(/^type T =\s+/, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

const text = { type: 'string' }

describe('the types of the TypeScript client', () => {
  it('are those of docs/openapi.json: after a change, `npm run swag` brings them up to date', async () => {
    assert.equal(readFileSync(CLIENT_TYPES, 'utf8'), await describeClientTypes())
  })

  for (const [what, schema, expected] of [
    ['a reference', { $ref: '#/components/schemas/Message' }, 'Message'],
    ['a value or null', { type: ['string', 'null'] }, 'string | null'],
    ['a union', { anyOf: [text, { type: 'integer' }, { type: 'number' }] }, 'string | number'],
    ['a constant', { type: 'string', const: "it's" }, '"it\'s"'],
    ['an enumeration', { type: 'string', enum: ['a', 'b'] }, '"a" | "b"'],
    [
      'a list of alternatives',
      { type: 'array', items: { anyOf: [text, { type: 'null' }] } },
      '(string | null)[]',
    ],
    [
      'an object',
      { type: 'object', properties: { a: text, b: text }, required: ['a'] },
      '{ a: string b?: string }',
    ],
    ['a map', { type: 'object', additionalProperties: { type: 'boolean' } }, 'Record<string, boolean>'],
  ] as [string, Schema, string][]) {
    it(`say ${what}`, async () => assert.equal(await typeOf(schema), expected))
  }

  it('let a caller pass undefined for what it leaves out', async () => {
    const schema = { type: 'object', properties: { a: text } }
    assert.equal(await typeOf(schema, 'input'), '{ a?: string | undefined }')
  })

  it('describe a member, its default included, and never end the comment early', () => {
    assert.equal(renderComment({ description: 'A */ b', default: 1 }), '/** A *\\/ b. Default: 1 */\n')
    assert.equal(renderComment({ anyOf: [{ description: 'When' }, { type: 'null' }] }), '/** When */\n')
    assert.equal(renderComment(text), '')
  })

  for (const [what, schema] of [
    ['a keyword', { type: 'object', patternProperties: {} }],
    ['a type', { type: 'date' }],
    ['anything', {}],
  ] as [string, Schema][]) {
    it(`are refused for ${what} that they cannot say`, () => {
      assert.throws(() => renderType(schema, 'answer'), /cannot say/)
    })
  }

  it('cover the operations of a customer, and no other', () => {
    const answer = { '200': { content: { 'application/json': { schema: text } } } }
    const operation = (operationId: string) => ({ get: { operationId, summary: 'It.', responses: answer } })
    const rendered = renderClientTypes({
      components: { schemas: {} },
      paths: {
        '/v1/bulks/{id}': operation('readBulk'),
        '/v1/admin/log': operation('listLog'),
        '/balance': operation('readBalance'),
      },
    })
    assert.match(rendered, /readBulk: \{ method: 'GET', path: '\/v1\/bulks\/\{id\}', isKeyed: false \}/)
    assert.doesNotMatch(rendered, /listLog|readBalance/)
  })
})
