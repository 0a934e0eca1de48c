import type { Random } from '../../random.ts'
import { drawPaying, messageOf, render } from '../message.ts'
import type { World } from '../draw.ts'
import type { Draft } from '../plan.ts'
import { nested } from '../values.ts'

type Spoil = (json: string, random: Random) => Buffer | string

/** A valid body whose text is corrupted. */
const SPOILS: Record<string, Spoil> = {
  truncated: (json, random) => json.slice(0, random.whole(0, json.length - 1)),
  'with something after it': (json, random) => json + random.pick(['}', ',', 'null', '\0', '//', json]),
  'with something before it': (json, random) => random.pick([',', '\0', ")]}',\n", '\u2028']) + json,
  'after a byte order mark': (json) => `\ufeff${json}`,
  'in UTF-16': (json) => Buffer.from(`\ufeff${json}`, 'utf16le'),
  'in latin-1': (json) => Buffer.from(json.replace('"text":"', '"text":"\u00e9'), 'latin1'),
  'with a comment': (json) => json.replace(':', ':/* why */'),
  'with a comma too many': (json) => json.replace(/\}$/, ',}'),
  'in single quotes': (json) => json.replaceAll('"', "'"),
  'with numbers that are none': (json, random) =>
    json.replace(/\d+/, random.pick(['NaN', 'Infinity', '0x10', '01', '+1', '.5', '1_0'])),
  'with bytes that are no UTF-8': (json, random) => within(json, random, pickBytes(random)),
  'with a raw control byte': (json, random) => within(json, random, Buffer.from([random.whole(0, 31)])),
  'with broken escapes': (json, random) =>
    json.replace(':"', `:"${random.pick(['\\u12', '\\x41', '\\', '\\u{1}', '\\uD83D'])}`),
  'with one byte changed': (json, random) => changed(Buffer.from(json), random),
  'with many bytes changed': (json, random) => {
    let bytes: Buffer = Buffer.from(json)
    for (let i = random.whole(2, 20); i > 0; i--) bytes = changed(bytes, random)
    return bytes
  },
  'after a lot of space': (json, random) => ' \t\r\n'.repeat(random.whole(1, 50_000)) + json,
  'within an array': (json) => `[${json}]`,
  'within a string': (json) => JSON.stringify(json),
  'deep in arrays': (_json, random) => nested('[', ']', random.whole(1_000, 100_000)),
  'deep in objects': (_json, random) => nested('{"a":', '}', random.whole(1_000, 50_000)),
  'never closed': (_json, random) => '['.repeat(random.whole(1_000, 500_000)),
  'with thousands of names': (json) =>
    json.replace('{', `{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":${index},`).join('')}`),
  'that is a scalar': (_json, random) => random.pick(['null', 'true', '1', '"a"', '', ' ']),
  'of random bytes': (_json, random) =>
    Buffer.from(Array.from({ length: random.whole(1, 500) }, () => random.whole(0, 255))),
  'above the limit': (json) => json + ' '.repeat(1_048_577),
  'at the limit': (json) => json + ' '.repeat(1_048_576 - Buffer.byteLength(json)),
}

const HUGE = new Set(['above the limit', 'at the limit', 'never closed', 'with thousands of names'])
/** The share of huge bodies that are kept. */
const HUGE_SHARE = 0.1

export function drawJson(random: Random, world: World): Draft {
  const parts = drawPaying(random, world)
  let note = random.pick(Object.keys(SPOILS))
  if (HUGE.has(note) && random.share() > HUGE_SHARE) note = 'truncated'
  parts.body = Buffer.from((SPOILS[note] as Spoil)(parts.body.toString(), random) as string)
  return { note: `a body ${note}`, bytes: render(parts), messages: [messageOf(parts, world)] }
}

function pickBytes(random: Random): Buffer {
  const sequences = [
    [0xff],
    [0xfe, 0xff],
    [0xc0, 0x80],
    [0xe0, 0x80, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xc3],
    [0x80],
  ]
  return Buffer.from(random.pick(sequences))
}

function within(json: string, random: Random, bytes: Buffer): Buffer {
  const whole = Buffer.from(json)
  const at = random.whole(1, whole.length - 1)
  return Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at)])
}

function changed(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  copy[random.whole(0, copy.length - 1)] = random.whole(0, 255)
  return copy
}
