import type { Random } from '../random.ts'

/** Texts of JSON values that often cause faults: types, limits, Unicode, size and depth. */
const SHORT = [
  ...['null', 'true', 'false', '""', '" "', '[]', '{}', '[[]]', '[null]', '{"a":1}', '"1"', '"null"', '"[]"'],
  ...['0', '-0', '-1', '1.5', '1.0', '1e0', '1e3', '1E+2', '0.1e1', '1e-400', '1e400', '-1e400', '1e308'],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740991',
    '18446744073709551616',
  ],
  ...['2147483648', '4294967296', '9223372036854775807', '99999999999999999999999999999999', '1e15'],
  ...[
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\ufeff"',
    '"\\uffff"',
  ],
  ...[
    '"\\u202e"',
    '"\\r\\nX-Injected: 1"',
    '"e\\u0301"',
    '"ﷺ"',
    '"٠٩١٢٣٤٥"',
    '"０９１２３４５"',
    '"+"',
    '"++09121"',
  ],
  ...['"09121\\n"', '" 09121"', '"0912 1"', '"1234"', '"12345"', '"1234567890123456"', '"+123456789012345"'],
  ...['"\' OR 1=1 -- "', '"${jndi:ldap://a}"', '"{{7*7}}"', '"<script>"', '"../../etc/passwd"', '"%00"'],
  ...['"__proto__"', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', '{"length":1}'],
  ...[
    '{"toString":1}',
    '{"toJSON":1}',
    '{"then":1}',
    '{"valueOf":null}',
    '["09121",null]',
    '["09121",["09122"]]',
  ],
  ...['"NORMAL"', '"normal "', '"express\\u0000"', '["normal"]'],
]

/** The values that a customer may have as its number. */
export const HOSTILE_NUMBERS = SHORT.map(Number).filter(
  (number) => Number.isSafeInteger(number) && number > 0,
)

const LONG: (() => string)[] = [
  () => JSON.stringify('x'.repeat(1_600)),
  () => JSON.stringify('x'.repeat(1_601)),
  () => JSON.stringify('😀'.repeat(1_600)),
  () => JSON.stringify('😀'.repeat(1_601)),
  () => JSON.stringify('e\u0301'.repeat(800)),
  () => JSON.stringify('x'.repeat(255)),
  () => JSON.stringify('x'.repeat(256)),
  () => JSON.stringify('y'.repeat(100_000)),
  () => nested('[', ']', 10_000),
  () => nested('{"a":', '}', 5_000),
  () => `[${Array(10_001).fill('"09121"').join()}]`,
  () => `[${Array(10_000).fill('"09121"').join()}]`,
  () => `[${Array(20_000).fill('1').join()}]`,
  () => `[${Array(5_000).fill('null').join()}]`,
  () => `[${Array(5_000).fill('{}').join()}]`,
  () => `[${numbers(500)}]`,
  () => `1${'0'.repeat(5_000)}`,
  () => `0.${'1'.repeat(5_000)}`,
  () => JSON.stringify('\u0001'.repeat(500)),
]

/** Long texts are rarer, because they cost both sides more. */
const LONG_SHARE = 0.08

/** @returns the JSON text of a value that is probably invalid in any field. */
export function drawHostileJson(random: Random): string {
  return random.share() < LONG_SHARE ? random.pick(LONG)() : random.pick(SHORT)
}

/** @returns a value for a query parameter. */
export function drawHostileText(random: Random): string {
  const json = drawHostileJson(random)
  return json.startsWith('"') ? String(JSON.parse(json)).slice(0, 4_000) : json.slice(0, 4_000)
}

export function nested(open: string, close: string, depth: number): string {
  return `${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => `"0913${String(index).padStart(7, '0')}"`).join()
}
