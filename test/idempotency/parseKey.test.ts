import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseIdempotencyKey } from '../../src/idempotency/index.ts'

const key = (text: string) => ({ kind: 'key', key: text })

describe('an Idempotency-Key', () => {
  it('may be missing', () => assert.deepEqual(parseIdempotencyKey(undefined), { kind: 'none' }))

  for (const [header, meant] of [
    ['k1', 'k1'],
    ['K1', 'K1'],
    ['"k1"', 'k1'],
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    [String.raw`a"b\c`, String.raw`a"b\c`],
    ['a,b;c=1', 'a,b;c=1'],
    ['!', '!'],
    ['~', '~'],
    ['a'.repeat(255), 'a'.repeat(255)],
    [`"${'a'.repeat(255)}"`, 'a'.repeat(255)],
    [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
  ] as const)
    it(`is read from ${header.slice(0, 45)}`, () => assert.deepEqual(parseIdempotencyKey(header), key(meant)))

  for (const header of [
    '',
    '""',
    '"',
    ' ',
    'a b',
    '"a b"',
    '"a" "b"',
    '"a", "b"',
    'a, b',
    '"a',
    '"a"b"',
    String.raw`"a\"`,
    String.raw`"a\b"`,
    '"a";p=1',
    'é',
    'a\t',
    'a\u007f',
    'a'.repeat(256),
    `"${'a'.repeat(256)}"`,
  ])
    it(`is refused as ${JSON.stringify(header.slice(0, 20))} of ${header.length} characters`, () =>
      assert.equal(parseIdempotencyKey(header).kind, 'malformed'))

  it('says how many characters were too many', () => {
    const parsed = parseIdempotencyKey('a'.repeat(256))
    assert.deepEqual(parsed, { kind: 'malformed', reason: 'must have at most 255 characters, got 256' })
  })

  it('is the same key in its quoted and in its bare form, unless that begins with a quote', () => {
    const visible = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
    })
    const keys = visible.filter((text) => text.length >= 1 && text.length <= 255)
    fc.assert(
      fc.property(keys, (text) => {
        const quoted = `"${text.replaceAll(/["\\]/g, '\\$&')}"`
        assert.deepEqual(parseIdempotencyKey(quoted), key(text))
        if (!text.startsWith('"')) assert.deepEqual(parseIdempotencyKey(text), key(text))
      }),
    )
  })
})
