import type { Random } from '../../random.ts'
import { drawParts, messageOf, render } from '../message.ts'
import type { World } from '../draw.ts'
import { effectOf } from '../effect.ts'
import type { Draft, Message } from '../plan.ts'

const OTHERS: Record<string, Buffer> = {
  'a greeting of TLS': Buffer.from('16030100c8010000c40303', 'hex'),
  'a greeting of HTTP/2': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
  'a greeting of SSH': Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'),
  'a greeting of AMQP': Buffer.from('AMQP\0\0\x09\x01', 'latin1'),
  'the PROXY protocol': Buffer.from(
    'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n',
  ),
  'an answer': Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  'empty lines': Buffer.from('\r\n'.repeat(10_000)),
  nothing: Buffer.alloc(0),
  'a NUL': Buffer.alloc(1),
  'many NULs': Buffer.alloc(100_000),
}

/** Random bytes, bytes of other protocols, and requests with changed bytes. */
export function drawBytes(random: Random, world: World): Draft {
  const draw = random.share()
  if (draw < 0.15) {
    const note = random.pick(Object.keys(OTHERS))
    return { note, bytes: OTHERS[note] as Buffer, messages: [], then: 'end' }
  }
  if (draw < 0.3) {
    const bytes = Buffer.from(Array.from({ length: random.whole(1, 3_000) }, () => random.whole(0, 255)))
    return { note: 'random bytes', bytes, messages: [], then: 'end' }
  }
  const parts = drawParts(random, world)
  const bytes = render(parts)
  const changes = random.whole(1, 6)
  for (let i = 0; i < changes; i++) {
    const at = random.whole(0, bytes.length - 1)
    bytes[at] =
      random.share() < 0.5 ? random.whole(0, 255) : (bytes[at] as number) ^ (1 << random.whole(0, 7))
  }
  const body = bytes.subarray(bytes.length - parts.body.length)
  const effect = effectOf(parts.operation, body, world.prices)
  const message: Message = effect ? { effect } : { ...messageOf({ ...parts, body }, world), isHead: false }
  return { note: `${changes} bytes changed`, bytes, messages: [message], then: 'end' }
}
