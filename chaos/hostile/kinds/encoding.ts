import { deflateSync, gzipSync } from 'node:zlib'
import type { Random } from '../../random.ts'
import { drawPaying, messageOf, render } from '../message.ts'
import type { World } from '../draw.ts'
import type { Draft } from '../plan.ts'

/** A kilobyte that expands to a hundred. A server that decompresses nothing treats larger ones the same. */
const BOMB = gzipSync(Buffer.alloc(10_000_000))

const TYPES = [
  ...[
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ],
  ...['', ';', '/', 'application/', 'application/json/', 'application/json, text/plain', 'application/jsonp'],
  ...['application/vnd.api+json', 'APPLICATION/JSON', 'application/json;', 'application/json; charset=UTF-8'],
  ...['application/json; charset=utf-16', 'application/json; charset=utf-7', 'application/json; charset='],
  ...[
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset="utf-8"',
    'a'.repeat(5_000),
  ],
  ...['application/json; charset=\u00e9', 'application/json; boundary="a;b', 'application/json;;;;'],
]

const ENCODINGS = [
  'gzip',
  'deflate',
  'br',
  'zstd',
  'identity',
  'IDENTITY',
  'gzip, gzip',
  'x',
  '',
  'compress',
  'chunked',
]

/** Bodies that claim, truly or falsely, not to be JSON in UTF-8. */
export function drawEncoding(random: Random, world: World): Draft {
  const parts = drawPaying(random, world)
  const draw = random.share()
  if (draw < 0.5) {
    const type = random.pick(TYPES)
    parts.headers = parts.headers.map(([name, value]) => [name, name === 'Content-Type' ? type : value])
    return { note: `type ${type.slice(0, 60)}`, bytes: render(parts), messages: [messageOf(parts, world)] }
  }
  const encoding = random.pick(ENCODINGS)
  parts.headers.push(['Content-Encoding', encoding])
  if (draw < 0.8)
    return { note: `encoding ${encoding}`, bytes: render(parts), messages: [messageOf(parts, world)] }
  parts.body = draw < 0.9 ? BOMB : random.pick([gzipSync, deflateSync])(parts.body)
  return { note: `encoding ${encoding}, packed`, bytes: render(parts), messages: [messageOf(parts, world)] }
}
