import type { Random } from '../../random.ts'
import { drawParts, messageOf, renderWith } from '../message.ts'
import type { Parts } from '../message.ts'
import type { World } from '../draw.ts'
import type { Draft } from '../plan.ts'

type Headers = Parts['headers']
type Change = (random: Random, headers: Headers, world: World) => Headers

const many = (count: number): Headers => Array.from({ length: count }, (_, index) => [`X-H${index}`, 'v'])
const without = (headers: Headers, name: string) => headers.filter(([each]) => each !== name)

const CHANGES: Record<string, Change> = {
  'a hundred headers and more': (random, headers) => [...headers, ...many(random.whole(90, 130))],
  'a thousand headers': (random, headers) => [...many(random.whole(500, 1_200)), ...headers],
  'thousands of headers': (random, headers) => [...headers, ...many(random.whole(2_000, 5_000))],
  'a huge header': (random, headers) => [...headers, ['X-Huge', 'v'.repeat(random.whole(10_000, 200_000))]],
  'a long name': (random, headers) => [...headers, ['N'.repeat(random.whole(1_000, 30_000)), 'v']],
  'no name': (_random, headers) => [...headers, ['', 'v']],
  'a control byte': (random, headers) => [
    ...headers,
    ['X-Control', `a${String.fromCharCode(random.whole(0, 31))}b`],
  ],
  'high bytes': (random, headers) => [
    ...headers,
    ['X-High', String.fromCharCode(random.whole(128, 255)).repeat(50)],
  ],
  'a name that is none': (random, headers) => [
    ...headers,
    [random.pick(['a b', 'a:b', 'a(b', 'é', 'a\tb', 'a\0', '@']), 'v'],
  ],
  'a folded header': (_random, headers) => [...headers, ['X-Folded', 'a\r\n b\r\n\tc']],
  'an injected line': (_random, headers) => [...headers, ['X-Injected', 'a\r\nContent-Length: 0']],
  'a bare return': (random, headers) => [...headers, ['X-Return', random.pick(['a\rb', 'a\nb', 'a\r\r\nb'])]],
  'no host': (_random, headers) => without(headers, 'Host'),
  'two hosts': (random, headers, world) => [
    ...headers,
    ['Host', random.pick([world.host, 'evil.example', ''])],
  ],
  'another host': (random, headers) => [
    [
      'Host',
      random.pick([
        'evil.example',
        '',
        'a@127.0.0.1',
        '127.0.0.1.evil.example',
        '[::1',
        'localhost.evil.example',
        '127.1:80:80',
        '\u00e9',
      ]),
    ],
    ...without(headers, 'Host'),
  ],
  'a name of this machine': (random, headers) => [
    [
      'Host',
      random.pick([
        'localhost',
        'LOCALHOST:1',
        'localhost.',
        'a.localhost',
        '[::1]:8080',
        '10.0.0.1',
        '127.0.0.1:99999',
      ]),
    ],
    ...without(headers, 'Host'),
  ],
  'an odd connection': (random, headers) => [
    ...headers,
    [
      'Connection',
      random.pick(['close', 'upgrade', 'keep-alive, close', 'Content-Length', 'x'.repeat(1_000), ',']),
    ],
    ['Upgrade', random.pick(['h2c', 'websocket', 'TLS/1.0', ''])],
  ],
  'an expectation': (random, headers) => [
    ...headers,
    ['Expect', random.pick(['100-continue', '200-ok', '', '100-continue, x', 'x'.repeat(500)])],
  ],
  'an odd request id': (random, headers) => [
    ...headers,
    ['X-Request-Id', random.pick(['', '{}', 'a b', 'x'.repeat(2_000), '"><', '../..'])],
  ],
  'an odd traceparent': (random, headers) => [
    ...headers,
    [
      'traceparent',
      random.pick([
        '00-0-0-00',
        `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        'x'.repeat(5_000),
        `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        '\t',
      ]),
    ],
    ['baggage', 'a=b,'.repeat(random.whole(1, 2_000))],
  ],
  'odd preferences': (random, headers) => [
    ...headers,
    ['Accept', random.pick(['', '*/*;q=x', 'text/html,'.repeat(500), 'application/xml'])],
    ['Accept-Encoding', random.pick(['gzip', '*;q=0', 'identity;q=0'])],
    ['Range', random.pick(['bytes=0-1', 'bytes=-1', 'bytes=9-1', 'bytes=0-,0-,0-'])],
    ['If-None-Match', '*'],
    ['If-Modified-Since', random.pick(['x', 'Thu, 01 Jan 2099 00:00:00 GMT'])],
  ],
  'another method in a header': (_random, headers) => [
    ...headers,
    ['X-HTTP-Method-Override', 'POST'],
    ['X-Original-URL', '/balance/add'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['Forwarded', 'for=127.0.0.1'],
  ],
}

export function drawHeaders(random: Random, world: World): Draft {
  const parts = drawParts(random, world)
  const note = random.pick(Object.keys(CHANGES))
  const length: Headers = parts.body.length > 0 ? [['Content-Length', String(parts.body.length)]] : []
  const headers = (CHANGES[note] as Change)(random, [...parts.headers, ...length], world)
  return {
    note,
    bytes: renderWith(parts, headers, parts.body),
    messages: [messageOf(parts, world)],
    then: 'end',
  }
}
