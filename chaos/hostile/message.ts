import type { Random } from '../random.ts'
import { drawMembers, drawPath, drawQuery, toJson, toQuery } from './draw.ts'
import type { World } from './draw.ts'
import { effectOf } from './effect.ts'
import type { Operation } from './operations.ts'
import type { Message } from './plan.ts'

/** A request in parts that can be corrupted separately. */
export interface Parts {
  operation: Operation
  method: string
  /** Without the query. */
  path: string
  target: string
  /** Without the headers that frame the body. */
  headers: [name: string, value: string][]
  body: Buffer
}

export function drawParts(random: Random, world: World, operation = random.pick(world.operations)): Parts {
  const headers: Parts['headers'] = [['Host', world.host]]
  if (operation.key !== 'none') headers.push(...drawKey(random, world))
  const path = drawPath(random, world, operation)
  const query = toQuery(drawQuery(random, world, operation))
  const parts = {
    operation,
    method: operation.method,
    path,
    target: query === '' ? path : `${path}?${query}`,
  }
  if (!operation.body) return { ...parts, headers, body: Buffer.alloc(0) }
  headers.push(['Content-Type', 'application/json'])
  const body = Buffer.from(toJson(drawMembers(random, world, operation.body)))
  return { ...parts, headers, body }
}

/** Of ten requests, how many have the key as it should be. */
const RIGHT_KEYS_SHARE = 0.9

function drawKey(random: Random, { apiKey }: World): Parts['headers'] {
  const bearer = (key: string): Parts['headers'] => [['Authorization', `Bearer ${key}`]]
  const plain = (key: string): Parts['headers'] => [['X-API-Key', key]]
  if (random.share() < RIGHT_KEYS_SHARE) return random.pick([plain, bearer])(apiKey)
  const wrong = random.pick(['', ' ', 'secret', apiKey.toUpperCase(), apiKey.slice(0, -1), 'x'.repeat(5_000)])
  return random.pick([[], plain(wrong), bearer(wrong), [...plain(wrong), ...bearer(apiKey)]])
}

/** A request that moves money. */
export function drawPaying(random: Random, world: World): Parts {
  return drawParts(
    random,
    world,
    random.pick(world.operations.filter(({ body, key }) => body && key === 'none')),
  )
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

/** The meaning of the parts to a server that reads them literally. */
export function messageOf(parts: Parts, { prices }: World): Message {
  const { operation, body, method } = parts
  const isHead = method === 'HEAD'
  // Nobody has the admin key here. What a customer's key can do under /v1 moves no money but refunds.
  if (operation.key === 'admin') return { isHead }
  if (!operation.body || operation.key === 'customer') return { isRead: true, isHead }
  const effect = effectOf(operation, body, prices)
  return effect ? { effect } : {}
}
