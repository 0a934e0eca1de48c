import { gzipSync } from 'node:zlib'
import type { Random } from '../../random.ts'
import { drawPaying, drawParts, messageOf, render, renderWith } from '../message.ts'
import type { Parts } from '../message.ts'
import type { World } from '../draw.ts'
import type { Draft, Message } from '../plan.ts'

type Frame = (random: Random, parts: Parts, world: World) => Omit<Draft, 'note'>

const chunk = (bytes: Buffer | string) =>
  Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    Buffer.from(bytes as string),
    Buffer.from('\r\n'),
  ])
const chunked = (bytes: Buffer) => Buffer.concat([chunk(bytes), Buffer.from('0\r\n\r\n')])
const framed = (
  parts: Parts,
  headers: [string, string][],
  rest: Buffer | string,
  messages: Message[] = [{}],
) => ({
  bytes: renderWith(parts, [...parts.headers, ...headers], rest),
  messages,
  then: 'end' as const,
})
const CHUNKED: [string, string] = ['Transfer-Encoding', 'chunked']

/** Bytes smuggled behind a request must not be read as another request. */
function smuggled(random: Random, world: World): Buffer {
  return render(drawPaying(random, world))
}

/** Body lengths that are wrong, given twice, or given in two ways. */
const FRAMES: Record<string, Frame> = {
  'a length too small': (_random, parts) =>
    framed(parts, [['Content-Length', String(parts.body.length - 1)]], parts.body),
  'a length too large': (_random, parts) =>
    framed(parts, [['Content-Length', String(parts.body.length + 1)]], parts.body),
  'a length that is none': (random, parts) =>
    framed(
      parts,
      [
        [
          'Content-Length',
          random.pick(['-1', '+5', '1e3', '0x10', '', '1 2', '5,5', '99999999999999999999', '٣']),
        ],
      ],
      parts.body,
    ),
  'a length beyond the limit': (_random, parts) =>
    framed(parts, [['Content-Length', '9007199254740993']], parts.body),
  'no length': (_random, parts) => framed(parts, [], parts.body),
  'two lengths': (_random, parts) =>
    framed(
      parts,
      [
        ['Content-Length', String(parts.body.length)],
        ['Content-Length', String(parts.body.length + 5)],
      ],
      parts.body,
    ),
  chunks: (_random, parts, world) => framed(parts, [CHUNKED], chunked(parts.body), [messageOf(parts, world)]),
  'a chunk for each byte': (_random, parts, world) =>
    framed(
      parts,
      [CHUNKED],
      Buffer.concat([...[...parts.body].map((byte) => chunk(Buffer.of(byte))), Buffer.from('0\r\n\r\n')]),
      [messageOf(parts, world)],
    ),
  trailers: (_random, parts, world) =>
    framed(
      parts,
      [CHUNKED],
      Buffer.concat([chunk(parts.body), Buffer.from('0\r\nContent-Length: 5\r\nHost: evil\r\n\r\n')]),
      [messageOf(parts, world)],
    ),
  'a chunk size that is none': (random, parts) =>
    framed(
      parts,
      [CHUNKED],
      `${random.pick(['-1', 'g', '0x5', '', 'ffffffffffffffffff', ' 5', '5 5', '\0'])}\r\n${parts.body.toString('latin1')}\r\n0\r\n\r\n`,
    ),
  'a chunk size too small': (_random, parts) =>
    framed(
      parts,
      [CHUNKED],
      `${(parts.body.length - 2).toString(16)}\r\n${parts.body.toString('latin1')}\r\n0\r\n\r\n`,
    ),
  'a chunk that never ends': (_random, parts) =>
    framed(parts, [CHUNKED], `fffffff\r\n${parts.body.toString('latin1')}`),
  'chunks without the last': (_random, parts) => framed(parts, [CHUNKED], chunk(parts.body)),
  'long chunk extensions': (random, parts) =>
    framed(parts, [CHUNKED], `5;${'a=b;'.repeat(random.whole(1_000, 30_000))}\r\n`),
  'bare line feeds': (_random, parts) =>
    framed(parts, [CHUNKED], chunked(parts.body).toString('latin1').replaceAll('\r\n', '\n')),
  'a length and chunks': (random, parts, world) =>
    framed(
      parts,
      [['Content-Length', String(parts.body.length)], CHUNKED],
      Buffer.concat([Buffer.from('0\r\n\r\n'), smuggled(random, world)]),
    ),
  'chunks and a length': (random, parts, world) =>
    framed(
      parts,
      [CHUNKED, ['Content-Length', '4']],
      Buffer.concat([chunk(smuggled(random, world)), Buffer.from('0\r\n\r\n')]),
    ),
  'a coding that is nearly chunked': (random, parts, world) =>
    framed(
      parts,
      [
        [
          'Transfer-Encoding',
          random.pick([
            'xchunked',
            'chunked, identity',
            ' chunked ',
            'identity',
            '\x0bchunked',
            'CHUNKED;q=1',
            '"chunked"',
          ]),
        ],
        ['Content-Length', '5'],
      ],
      Buffer.concat([Buffer.from('0\r\n\r\n'), smuggled(random, world)]),
    ),
  'a packed coding': (_random, parts) =>
    framed(parts, [['Transfer-Encoding', 'gzip, chunked']], chunked(gzipSync(parts.body))),
  'a space before the colon': (random, parts, world) =>
    framed(
      parts,
      [
        ['Content-Length', '0'],
        ['Transfer-Encoding ', 'chunked'],
      ],
      Buffer.concat([Buffer.from('0\r\n\r\n'), smuggled(random, world)]),
    ),
  'a hidden request in a GET': (random, parts, world) => {
    const hidden = smuggled(random, world)
    const get: Parts = { ...parts, method: 'GET', target: '/healthz', headers: [['Host', world.host]] }
    return framed(get, [['Content-Length', String(hidden.length)]], hidden, [{ isRead: true }])
  },
  'an unfinished request': (random, parts) => ({
    bytes: cut(render(parts), random),
    messages: [{}],
    then: 'end',
  }),
  'several at once': (random, _parts, world) => pipelined(random, world, []),
  'several at once, the last one broken': (random, _parts, world) =>
    pipelined(random, world, [Buffer.from('\0\0\0 / HTTP\r\n\r\n')]),
  'several at once, the last one a CONNECT': (random, _parts, world) =>
    pipelined(random, world, [Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')]),
}

const PIPELINED_MAX = 20

/** Each request is read and answered in order. */
function pipelined(random: Random, world: World, rest: Buffer[]): Omit<Draft, 'note'> {
  const all = Array.from({ length: random.whole(2, PIPELINED_MAX) }, () => drawParts(random, world))
  return {
    bytes: Buffer.concat([...all.map(render), ...rest]),
    messages: all.map((parts) => messageOf(parts, world)),
    then: 'wait',
  }
}

function cut(bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, random.whole(1, bytes.length - 1))
}

export function drawFraming(random: Random, world: World): Draft {
  const note = random.pick(Object.keys(FRAMES))
  return { note, ...(FRAMES[note] as Frame)(random, drawPaying(random, world), world) }
}
