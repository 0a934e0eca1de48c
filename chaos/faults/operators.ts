import { setTimeout as pause } from 'node:timers/promises'
import { CORRUPT_RESPONSE_KINDS } from '../../simulator/behaviour.ts'
import type { Behaviour, SmppMalformedKind } from '../../simulator/behaviour.ts'
import type { Random } from '../random.ts'
import { USUAL } from '../stage/operators.ts'
import type { StagedOperator } from '../stage/operators.ts'
import type { End, Fault, Hit } from './fault.ts'

const FLAP_MS = 700
/** Longer than a try may take (5 s): the answer comes when it is no longer waited for. */
const LATE = { kind: 'uniform', minMs: 4_500, maxMs: 7_000 } as const

/** The texts on which an operator chokes; the load has them in a small share of its messages. */
export const POISON = 'chokes'

/** Each of them hides the identifier or says it rightly: with a wrong one no receipt could be expected to match. */
const MALFORMED_KINDS: readonly SmppMalformedKind[] = [
  ...(['truncated', 'illegal-length', 'huge-length', 'http', 'unknown-command', 'wrong-command'] as const),
  ...(['wrong-sequence', 'cut-parameter', 'unknown-parameter', 'octet-by-octet'] as const),
  ...(['bad-request', 'unknown-request'] as const),
]

/** How an operator begins to misbehave. @returns how it stops. */
type Misbehaviour = (operator: StagedOperator, hit: Hit) => Promise<End>

const MISBEHAVIOURS: Record<string, Misbehaviour> = {
  reject: answering(() => ({ rejectRate: 0.5 })),
  hang: answering(() => ({ hangBeforeAcceptRate: 0.3, hangAfterAcceptRate: 0.3 })),
  flap,
  garbage: answering((random) => ({
    corruptResponseRate: 0.7,
    corruptResponseKind: random.pick(CORRUPT_RESPONSE_KINDS),
    smppMalformedKind: random.pick(MALFORMED_KINDS),
  })),
  late: answering(() => ({ latency: LATE })),
  // Over HTTP an answer cannot come twice.
  'late or twice': answering(() => ({ lateRate: 0.2, repeatRate: 0.4 })),
  poison: answering((random) => ({
    poisonTexts: [{ text: POISON, status: random.pick([400, 500] as const) }],
  })),
  throttle: answering(() => ({ throttleRate: 0.6, smppThrottleStatus: 'either' })),
  drop: answering(() => ({ dropBeforeAcceptRate: 0.3, dropAfterAcceptRate: 0.3 })),
  unreachable,
  'refuse some': answering(() => ({ unavailableRate: 0.5 })),
}

/** One operator misbehaves; at times all, the one for test messages among them. */
export const OPERATOR_FAULTS: readonly Fault[] = Object.entries(MISBEHAVIOURS).map(([name, misbehave]) => ({
  ...{ kind: `operator: ${name}`, group: 'operator', weight: 1, isSample: name === 'hang' },
  inflict: async ({ stage }, hit) => {
    const [preferred, other, overSmpp] = stage.operators
    const all = [...stage.operators, stage.testOperator]
    const some = hit.random.pick([[preferred], [other], [overSmpp], all])
    const ends = await Promise.all(some.map((operator) => misbehave(operator, hit)))
    return async () => void (await Promise.all(ends.map((end) => end())))
  },
}))

function answering(draw: (random: Random) => Partial<Behaviour>): Misbehaviour {
  return async ({ admin }, { random }) => {
    await admin.behave({ ...USUAL, ...draw(random) })
    return async () => void (await admin.behave(USUAL))
  }
}

async function unreachable({ admin }: StagedOperator, { forMs }: Hit): Promise<End> {
  await admin.disconnect(forMs)
  // It comes back by itself at this time.
  const back = pause(forMs)
  return () => back
}

function flap({ admin }: StagedOperator): Promise<End> {
  let goesOn = true
  const turn = async () => {
    for (let isOut = true; goesOn; isOut = !isOut) {
      await admin.behave({ ...USUAL, outage: isOut ? 'http503' : 'none' })
      await pause(FLAP_MS)
    }
  }
  const flapping = turn()
  return Promise.resolve(async () => {
    goesOn = false
    await flapping
    await admin.behave(USUAL)
  })
}
