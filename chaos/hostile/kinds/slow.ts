import type { Random } from '../../random.ts'
import { drawPaying, render } from '../message.ts'
import type { World } from '../draw.ts'
import type { Draft } from '../plan.ts'

/** Above the server's time-outs and the interval at which it checks them. */
const HEADERS_BOUND_MS = 25_000
const BODY_BOUND_MS = 50_000
/** A slow loris attack: the drip defeats idle time-outs. */
const DRIP_EVERY_MS = 900
const DRIP_BYTES = 1_000

/** Clients that send slowly until the server's time-outs expire. They occupy many connections at little cost. */
export function drawSlow(random: Random, world: World): Draft {
  const parts = drawPaying(random, world)
  const whole = render(parts)
  const headEnd = whole.indexOf('\r\n\r\n')
  const draw = random.share()
  if (draw < 0.25)
    return { note: 'never says a word', bytes: Buffer.alloc(0), messages: [], boundMs: HEADERS_BOUND_MS }
  if (draw < 0.5) {
    const drip = { bytes: Buffer.from('X-Slow: a\r\n'.repeat(DRIP_BYTES / 11)), everyMs: DRIP_EVERY_MS }
    const bytes = whole.subarray(0, headEnd + 2)
    return { note: 'its headers never end', bytes, drip, messages: [{}], boundMs: HEADERS_BOUND_MS }
  }
  if (draw < 0.75) {
    const bytes = whole.subarray(0, random.whole(1, headEnd))
    return { note: 'stops within its headers', bytes, messages: [{}], boundMs: HEADERS_BOUND_MS }
  }
  // Announces far more than it will send by then.
  const padded = { ...parts, body: Buffer.concat([parts.body, Buffer.alloc(DRIP_BYTES, ' ')]) }
  const bytes = render(padded).subarray(0, -DRIP_BYTES)
  const drip = { bytes: Buffer.alloc(DRIP_BYTES - 1, ' '), everyMs: DRIP_EVERY_MS }
  return { note: 'its body never ends', bytes, drip, messages: [{}], boundMs: BODY_BOUND_MS }
}
