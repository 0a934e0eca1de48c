import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { fingerprint } from '../../src/idempotency/index.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest()

describe('the fingerprint of a request', () => {
  // RFC 8785, 3.2.2 and 3.2.3, whose result is given there in bytes.
  it('is that of the example of RFC 8785', () => {
    const body: unknown = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    const canonical =
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`
    assert.deepEqual(fingerprint(body), sha256(canonical))
  })

  it('orders members by UTF-16 code units, as RFC 8785 does', () => {
    const names = ['\r', '1', '\u0080', 'ö', '€', '\u{1F600}', '\uFB33']
    const body = Object.fromEntries(names.toReversed().map((name) => [name, 1]))
    const canonical = `{${names.map((name) => `${JSON.stringify(name)}:1`).join(',')}}`
    assert.deepEqual(fingerprint(body), sha256(canonical))
  })

  // RFC 8785, appendix B: the bits of a double and its text.
  for (const [bits, text] of [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ] as const)
    it(`writes the number ${bits} as ${text}`, () =>
      assert.deepEqual(fingerprint([Buffer.from(bits, 'hex').readDoubleBE()]), sha256(`[${text}]`)))

  it('does not depend on the order of members and the white space between them', () => {
    const one: unknown = JSON.parse('{"to":["09120000001"],"text":"hi","options":{"a":1,"b":2}}')
    const other: unknown = JSON.parse('{ "options" : {"b":2, "a":1},\n "text":"hi", "to":["09120000001"] }')
    assert.deepEqual(fingerprint(one), fingerprint(other))
  })

  for (const [what, one, other] of [
    ['a space in the text', { text: 'hi you' }, { text: 'hi  you' }],
    ['a space at its end', { text: 'hi' }, { text: 'hi ' }],
    ['another composition of a letter', { text: '\u00e9' }, { text: 'e\u0301' }],
    ['another order of the recipients', { to: ['1', '2'] }, { to: ['2', '1'] }],
    ['a number as a text', { to: '1' }, { to: 1 }],
    ['a member that is null', { text: 'hi' }, { text: 'hi', from: null }],
  ] as const)
    it(`depends on ${what}`, () => assert.notDeepEqual(fingerprint(one), fingerprint(other)))

  it('is one for each value, however it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const shown: unknown = JSON.parse(JSON.stringify(one, null, 2))
        assert.deepEqual(fingerprint(shown), fingerprint(one))
        const isSame = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
        assert.equal(fingerprint(one)?.equals(fingerprint(other) ?? Buffer.of()), isSame)
      }),
    )
  })

  it('is missing for what has no canonical form', () => {
    for (const text of [String.raw`{"a":"\ud83d"}`, String.raw`{"\ude00":1}`, '{"a":1e400}'])
      assert.equal(fingerprint(JSON.parse(text)), undefined, text)
  })

  it('bears a body as deeply nested as it may be long', () => {
    const depth = 100_000
    const body: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth))
    assert.deepEqual(fingerprint(body), sha256('['.repeat(depth) + ']'.repeat(depth)))
  })
})

/** The same value with its members in one order, as a list of pairs so that JavaScript does not order them itself. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sorted)]
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return ['object', ...members.map(([name, member]) => [name, sorted(member)])]
}
