import type { Random } from '../random.ts'
import { drawMembers, drawQuery, drawUuid, toJson, toQuery } from './draw.ts'
import type { World } from './draw.ts'
import { effectOf, movesMoney } from './effect.ts'
import type { Operation } from './operations.ts'
import type { Message } from './plan.ts'

/** A request in parts that can be corrupted separately. */
export interface Parts {
  operation: Operation
  method: string
  target: string
  /** Without the headers that frame the body. */
  headers: [name: string, value: string][]
  body: Buffer
}

/** Of the requests that need a key. A wrong key would make the address wait, and hide the rest of the routes. */
const WITHOUT_KEY_SHARE = 0.1
const TEST_KEY_SHARE = 0.5
/** There are many routes, and most of the invariants are about money. */
const PAYING_SHARE = 0.25

export function drawParts(random: Random, world: World, operation = pickOperation(random, world)): Parts {
  const headers: Parts['headers'] = [['Host', world.host]]
  const { needs } = operation
  if (needs && random.share() > WITHOUT_KEY_SHARE) headers.push(['X-API-Key', pickKey(random, world, needs)])
  const path = operation.path.replaceAll(/\{\w+\}/g, () => drawUuid(random))
  const query = toQuery(drawQuery(random, world, operation))
  const target = query === '' ? path : `${path}?${query}`
  if (!operation.body) return { operation, method: operation.method, target, headers, body: Buffer.alloc(0) }
  headers.push(['Content-Type', 'application/json'])
  const body = Buffer.from(toJson(drawMembers(random, world, operation.body)))
  return { operation, method: operation.method, target, headers, body }
}

function pickKey(random: Random, { keys }: World, needs: 'customer' | 'admin'): string {
  return needs === 'customer' && random.share() < TEST_KEY_SHARE ? keys.test : keys[needs]
}

function pickOperation(random: Random, world: World): Operation {
  const paying = random.share() < PAYING_SHARE
  return random.pick(paying ? world.operations.filter(movesMoney) : world.operations)
}

/** A request that moves money. */
export function drawPaying(random: Random, world: World): Parts {
  return drawParts(random, world, random.pick(world.operations.filter(movesMoney)))
}

/** The well-formed request with its length. */
export function render(parts: Parts): Buffer {
  const length: Parts['headers'] =
    parts.body.length > 0 ? [['Content-Length', String(parts.body.length)]] : []
  return renderWith(parts, [...parts.headers, ...length], parts.body)
}

/** The request with other headers and other following bytes. */
export function renderWith(
  { method, target }: Parts,
  headers: Parts['headers'],
  rest: Buffer | string,
): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  return Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    typeof rest === 'string' ? Buffer.from(rest, 'latin1') : rest,
  ])
}

/** Routes that take a body and may be answered with 200 without an effect on a balance. */
const WITHOUT_EFFECT = ['/v1/messages/quote', '/v1/webhooks/callback-secret', '/v1/events/settings']

/** The meaning of the parts to a server that reads them literally. */
export function messageOf(parts: Parts, { prices }: World): Message {
  const { operation, body, method } = parts
  if (!operation.body || WITHOUT_EFFECT.includes(operation.path))
    return { isRead: true, isHead: method === 'HEAD' }
  const effect = effectOf(operation, body, prices)
  return effect ? { effect } : {}
}
