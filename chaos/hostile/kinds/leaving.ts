import type { Random } from '../../random.ts'
import { drawParts, messageOf, render } from '../message.ts'
import type { World } from '../draw.ts'
import type { Draft } from '../plan.ts'

/** Clients that disconnect before the whole answer. Only the tables show whether their money moved. */
export function drawLeaving(random: Random, world: World): Draft {
  const parts = drawParts(random, world)
  const messages = [messageOf(parts, world)]
  const bytes = render(parts)
  const draw = random.share()
  if (draw < 0.4) return { note: 'leaves at once', bytes, messages, then: 'leave' }
  if (draw < 0.7)
    return { note: 'leaves at the first byte of the answer', bytes, messages, then: 'leave at answer' }
  if (draw < 0.85) {
    const part = bytes.subarray(0, random.whole(1, bytes.length - 1))
    return { note: 'leaves within its request', bytes: part, messages: [{}], then: 'leave' }
  }
  const big = { ...parts, method: 'GET', target: '/swagger/swagger-ui-bundle.js', body: Buffer.alloc(0) }
  const headers: typeof parts.headers = [['Host', world.host]]
  return {
    note: 'asks for megabytes and does not read them',
    bytes: Buffer.concat(Array.from({ length: 4 }, () => render({ ...big, headers }))),
    messages: Array.from({ length: 4 }, () => ({ isRead: true })),
    then: 'stop reading',
  }
}
