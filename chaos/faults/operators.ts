import { setTimeout as pause } from 'node:timers/promises'
import { GARBLE_KINDS } from '../../src/operators/simulator/behaviour.ts'
import type { Behaviour } from '../../src/operators/simulator/behaviour.ts'
import type { Random } from '../random.ts'
import { USUAL } from '../stage/stage.ts'
import type { StagedOperator } from '../stage/stage.ts'
import type { Misbehaviour } from './kinds.ts'
import type { End, Hit, World } from './hit.ts'

const FLAP_MS = 700
/** Longer than a try may take (5 s): the answer comes when nobody waits for it any more. */
const LATE = { kind: 'uniform', minMs: 4_500, maxMs: 7_000 } as const

/** The texts on which an operator chokes; the load has them in a small share of its messages. */
export const POISON = 'chokes'

/** One operator misbehaves; at times both. */
export async function inflictOnOperator({ stage }: World, { kind, random, forMs }: Hit): Promise<End> {
  const what = kind.slice('operator: '.length) as Misbehaviour
  const [preferred, other] = stage.operators
  const hit = random.pick([[preferred], [preferred], [other], [preferred, other]])
  const ends = await Promise.all(hit.map((operator) => misbehave(operator, what, random, forMs)))
  return async () => void (await Promise.all(ends.map((end) => end())))
}

async function misbehave(
  { admin }: StagedOperator,
  what: Misbehaviour,
  random: Random,
  forMs: number,
): Promise<End> {
  const usual = async () => void (await admin.behave(USUAL))
  if (what === 'away') {
    await admin.goAway(forMs)
    // It comes back by itself at this time.
    const back = pause(forMs)
    return () => back
  }
  if (what === 'flap') {
    const flapping = { goesOn: true }
    const flaps = flap(admin, flapping)
    return async () => {
      flapping.goesOn = false
      await flaps
      await usual()
    }
  }
  await admin.behave({ ...USUAL, ...behaviourOf(what, random) })
  return usual
}

async function flap(admin: StagedOperator['admin'], state: { goesOn: boolean }): Promise<void> {
  for (let isOut = true; state.goesOn; isOut = !isOut) {
    await admin.behave({ ...USUAL, outage: isOut ? 'answer' : 'none' })
    await pause(FLAP_MS)
  }
}

function behaviourOf(what: Exclude<Misbehaviour, 'away' | 'flap'>, random: Random): Partial<Behaviour> {
  switch (what) {
    case 'reject':
      return { rejectShare: 0.5 }
    case 'refuse some':
      return { unavailableShare: 0.5 }
    case 'hang':
      return { hangBeforeShare: 0.3, hangAfterShare: 0.3 }
    case 'garbage':
      return { garbleShare: 0.7, garbleKind: random.pick(GARBLE_KINDS) }
    case 'late':
      return { latency: LATE }
    case 'poison':
      return { poisons: [{ text: POISON, status: random.pick([400, 500] as const) }] }
    case 'throttle':
      return { throttleShare: 0.6 }
    case 'drop':
      return { dropBeforeShare: 0.3, dropAfterShare: 0.3 }
  }
}
