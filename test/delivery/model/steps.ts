import fc from 'fast-check'
import type { MessageClass } from '../../../src/primitives/messageClass.ts'
import type { Answer, OutcomeKind } from './deliveryModel.ts'
import type { OperatorName } from './state.ts'
import type { RelayClaim } from './relayModel.ts'

/** What may happen, before it is known to whom: a choice is a number, taken modulo what there is to choose from. */
export type Choice =
  | { kind: 'send'; requests: { userId: number; to: number; type: MessageClass }[] }
  | ({ kind: 'relay' } & RelayClaim)
  | { kind: 'afterRelay'; claim: number; what: 'mark' | 'giveBack' | 'giveBackCounted' }
  /** An owner claims envelopes and calls an operator with all it got; nothing more of it comes by itself. */
  | { kind: 'claim'; envelopes: number[] }
  | { kind: 'renew'; hand: number; some: number; silent: boolean }
  | { kind: 'settle'; parts: PartChoice[] }
  /** The same for one hand, as when the balance of its customer was held before. */
  | { kind: 'settleAside'; part: PartChoice }
  /** The program's own delivery, in one of two processes, until it waits for an operator's answer. */
  | { kind: 'deliver'; process: number; envelope: number }
  | { kind: 'answer'; delivery: number; answer: Answer; renewsFirst?: boolean }

export interface PartChoice {
  hand: number
  /** A bit for each task. */
  some: number
  /** What becomes of each, unless that is decided already. */
  kinds: ('done' | 'failed' | 'exhausted' | 'released' | 'untried')[]
  silent: boolean
}

/**
 * `request`: a COMMIT that never reached the database. `answer`: one whose answer was lost. `held`: somebody else keeps
 * the balance of HELD_CUSTOMER locked.
 */
export type Fault = 'none' | 'request' | 'answer' | 'held'

export type Step =
  | { kind: 'one'; choice: Choice; fault: Fault }
  | { kind: 'atOnce'; choices: Choice[] }
  | { kind: 'pass'; ms: number }
  /** Leases of some of a hand's recipients run out. */
  | { kind: 'leasesEnd'; hand: number; some: number }
  /** The same, and a new owner claims the envelope at once: two have a part of it each. */
  | { kind: 'takeOver'; hand: number; some: number }
  /** An outbox row comes due. */
  | { kind: 'due'; row: number }
  | { kind: 'operator'; name: OperatorName; isAway: boolean }

export const HELD_CUSTOMER = 2
const ALL = 2 ** 20 - 1
/** Mostly everything; else a part. */
const some = fc.oneof(fc.constant(ALL), fc.integer({ min: 1, max: ALL }))
const type = fc.constantFrom<MessageClass>('normal', 'normal', 'express')
const number = fc.nat({ max: 99 })

const send = fc.record({
  kind: fc.constant('send' as const),
  requests: fc.array(
    fc.record({
      userId: fc.constantFrom(1, 2, 2),
      to: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 1, max: 4 }) },
        // Two outbox rows.
        { weight: 1, arbitrary: fc.constant(102) },
      ),
      type,
    }),
    { minLength: 1, maxLength: 3 },
  ),
})
const relay = fc.record({
  kind: fc.constant('relay' as const),
  type,
  envelopesMax: fc.integer({ min: 1, max: 3 }),
  batchSizeMax: fc.constantFrom(2_000, 2_000, 5, 1),
  reaches: fc.constantFrom(true, true, true, false),
})
const afterRelay = fc.record({
  kind: fc.constant('afterRelay' as const),
  claim: number,
  what: fc.constantFrom('mark' as const, 'mark' as const, 'giveBack' as const, 'giveBackCounted' as const),
})
const claim = fc.record({
  kind: fc.constant('claim' as const),
  envelopes: fc.array(number, { minLength: 1, maxLength: 3 }),
})
const renew = fc.record({ kind: fc.constant('renew' as const), hand: number, some, silent: fc.boolean() })
const ending = fc.constantFrom<PartChoice['kinds'][number]>(
  ...(['done', 'failed', 'failed', 'exhausted', 'released', 'released', 'untried'] as const),
)
const kinds = fc.array(ending, { minLength: 1, maxLength: 4 })
const part: fc.Arbitrary<PartChoice> = fc.record({ hand: number, some, kinds, silent: fc.boolean() })
const settle = fc.record({
  kind: fc.constant('settle' as const),
  parts: fc.array(part, { minLength: 1, maxLength: 3 }),
})
const settleAside = fc.record({ kind: fc.constant('settleAside' as const), part })
const deliver = fc.record({
  kind: fc.constant('deliver' as const),
  process: fc.nat({ max: 1 }),
  envelope: number,
})
const answer = fc.record({
  kind: fc.constant('answer' as const),
  delivery: number,
  answer: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('each' as const),
        outcomes: fc.array(
          fc.constantFrom<OutcomeKind>(
            'accepted',
            'rejected',
            'unavailable',
            'unavailable',
            'unknown',
            'unknown',
          ),
          { minLength: 1, maxLength: 4 },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('unavailable' as const, 'unknown' as const) }),
    },
  ),
})

const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary })
/** Steps of one transaction each: what comes of some at once is what comes of them in some order. */
const atomic: fc.Arbitrary<Choice> = fc.oneof(
  weighted(2, send),
  weighted(3, relay),
  weighted(1, afterRelay),
  weighted(5, claim),
  weighted(1, renew),
  weighted(7, settle),
  weighted(1, settleAside),
  weighted(3, deliver),
)
const fault = fc.constantFrom<Fault>(
  ...(['none', 'none', 'none', 'none', 'none', 'none', 'request', 'answer', 'held', 'held'] as const),
)

export const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(12, fc.record({ kind: fc.constant('one' as const), choice: atomic, fault })),
  weighted(
    9,
    fc.record({ kind: fc.constant('one' as const), choice: answer, fault: fc.constant('none' as const) }),
  ),
  weighted(
    4,
    fc.record({
      kind: fc.constant('atOnce' as const),
      choices: fc.array(atomic, { minLength: 2, maxLength: 3 }),
    }),
  ),
  weighted(
    1,
    fc.record({
      kind: fc.constant('atOnce' as const),
      choices: fc.array(answer, { minLength: 2, maxLength: 3 }),
    }),
  ),
  weighted(
    3,
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 10_000, 30_000, 60_000) }),
  ),
  weighted(
    7,
    fc.record({
      kind: fc.constantFrom('leasesEnd' as const, 'takeOver' as const),
      hand: number,
      some: fc.integer({ min: 1, max: ALL }),
    }),
  ),
  weighted(4, fc.record({ kind: fc.constant('due' as const), row: number })),
  weighted(
    1,
    fc.record({
      kind: fc.constant('operator' as const),
      name: fc.constantFrom('a' as const, 'b' as const),
      isAway: fc.boolean(),
    }),
  ),
)
