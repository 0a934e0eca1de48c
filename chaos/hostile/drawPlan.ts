import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'
import type { World } from './draw.ts'
import { drawBytes } from './kinds/bytes.ts'
import { drawEncoding } from './kinds/encoding.ts'
import { drawFields } from './kinds/fields.ts'
import { drawFraming } from './kinds/framing.ts'
import { drawHeaders } from './kinds/headers.ts'
import { drawJson } from './kinds/json.ts'
import { drawLeaving } from './kinds/leaving.ts'
import { drawSlow } from './kinds/slow.ts'
import { drawTarget } from './kinds/target.ts'
import { drawParts, messageOf, render } from './message.ts'
import { KINDS } from './plan.ts'
import type { Draft, Kind, Plan } from './plan.ts'

/** Of a thousand requests, how many are of each kind. A slow one occupies a client for half a minute. */
export const SHARES: Record<Kind, number> = {
  valid: 268,
  fields: 260,
  json: 130,
  encoding: 50,
  framing: 90,
  headers: 80,
  target: 60,
  bytes: 40,
  leaving: 20,
  slow: 2,
}

const DRAWS: Record<Kind, (random: Random, world: World) => Draft> = {
  valid: drawValid,
  fields: drawFields,
  json: drawJson,
  encoding: drawEncoding,
  framing: drawFraming,
  headers: drawHeaders,
  target: drawTarget,
  bytes: drawBytes,
  leaving: drawLeaving,
  slow: drawSlow,
}

/** The server's longest time to an answer is 10 s, when it waits for a database connection. */
const BOUND_MS = 20_000
/** Spreads neighbouring indices over all seeds; an odd number near 2^32 divided by the golden ratio. */
const STRIDE = 0x9e3779b1

/** The request of this seed and index, independent of everything else in the run. */
export function drawPlan(seed: number, index: number, world: World, shares = SHARES): Plan {
  const random = openRandom((seed ^ Math.imul(index + 1, STRIDE)) >>> 0)
  const kind = drawKind(random, shares)
  return { then: 'wait', boundMs: BOUND_MS, ...DRAWS[kind](random, world), kind, index }
}

function drawKind(random: Random, shares: Record<Kind, number>): Kind {
  const total = KINDS.reduce((sum, kind) => sum + shares[kind], 0)
  let left = random.share() * total
  for (const kind of KINDS) {
    left -= shares[kind]
    if (left < 0) return kind
  }
  return 'valid'
}

function drawValid(random: Random, world: World): Draft {
  const parts = drawParts(random, world)
  return { note: parts.operation.path, bytes: render(parts), messages: [messageOf(parts, world)] }
}
