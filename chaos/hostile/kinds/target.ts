import type { Random } from '../../random.ts'
import { drawParts, messageOf, render } from '../message.ts'
import type { World } from '../draw.ts'
import type { Draft } from '../plan.ts'

const METHODS = [
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'QUERY',
  'M-SEARCH',
  'PRI',
  'SOURCE',
  'get',
  'G E T',
  '',
  'A'.repeat(5_000),
  'GET\t',
  'POST\0',
  '\u00e9',
  'FOO',
  '__proto__',
]
const VERSIONS = [
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.2',
  'HTTP/9.9',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/11',
  'HTP/1.1',
  '',
  'RTSP/1.0',
]

type Change = (random: Random, target: string, world: World) => string

const TARGETS: Record<string, Change> = {
  'an unknown address': (random) =>
    random.pick([
      '/',
      '/nowhere',
      '/admin',
      '/.env',
      '/balance/',
      '/balance/add/',
      '/sms',
      '/SMS/SEND',
      '/wp-login.php',
      '/__proto__',
      '/constructor',
    ]),
  'double slashes': (_random, target) => `/${target}`,
  'a whole URL': (random, target, world) =>
    random.pick([
      `http://${world.host}${target}`,
      `http://evil.example${target}`,
      `ftp://a${target}`,
      `http://${target}`,
      `//${world.host}${target}`,
    ]),
  'a path that climbs': (random, target) =>
    random.pick([
      `/..${target}`,
      `/%2e%2e${target}`,
      `/a/../${target}`,
      '/swagger/../../package.json',
      '/swagger/..%2f..%2fpackage.json',
      '/swagger/%2e%2e/package.json',
      '/swagger/....//package.json',
    ]),
  'odd escapes': (random, target) =>
    target +
    random.pick([
      '%00',
      '%',
      '%zz',
      '%E0%A4%A',
      '%c0%ae',
      '%u0041',
      '%ff',
      '\\',
      '%5c',
      ';a=b',
      '%0d%0aX: 1',
      '%250a',
    ]),
  'a long address': (random, target) => `${target}?${'a'.repeat(random.whole(5_000, 64_000))}`,
  'thousands of parameters': (random, target) => `${target}?${'user_id=1&'.repeat(random.whole(2, 1_500))}`,
  'odd parameters': (random, target) =>
    `${target}&${random.pick(['user_id[]=1', 'user_id[a]=1', 'user_id=1&user_id=2', '__proto__[x]=1', 'constructor=1', '=', '&&&', '?', '#', 'limit=1e2', 'cursor=%00', 'cursor=AAAA', 'cursor=aGlzdG9yeTEgYSAx'])}`,
  'a fragment': (_random, target) => `${target}#frag?user_id=2`,
  'a star': () => '*',
  nothing: () => '',
  spaces: (_random, target) => `${target} x`,
  'raw bytes': (random, target) =>
    `${target}${String.fromCharCode(random.whole(0, 31))}${String.fromCharCode(random.whole(127, 255))}`,
}

/** Methods, paths and HTTP versions that the server does not serve. */
export function drawTarget(random: Random, world: World): Draft {
  const parts = drawParts(random, world)
  const message = messageOf(parts, world)
  const draw = random.share()
  if (draw < 0.3) {
    const method = random.pick(METHODS)
    return {
      note: `method ${method.slice(0, 20)}`,
      bytes: render({ ...parts, method }),
      messages: [{ isRead: true, isHead: method === 'HEAD' }],
      then: 'end',
    }
  }
  if (draw < 0.4) {
    const version = random.pick(VERSIONS)
    const bytes = Buffer.from(render(parts).toString('latin1').replace('HTTP/1.1', version), 'latin1')
    return { note: `version ${version}`, bytes, messages: [message], then: 'end' }
  }
  const note = random.pick(Object.keys(TARGETS))
  const target = (TARGETS[note] as Change)(random, parts.target, world)
  return { note, bytes: render({ ...parts, target }), messages: [message], then: 'end' }
}
