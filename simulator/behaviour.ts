import { z } from 'zod'

/** Longer than any caller waits; a socket is held for as long. */
export const LATENCY_MS_MAX = 60_000
const REJECTED_NUMBERS_MAX = 10_000
/** Each text of each call is searched for each of them. */
const POISONS_MAX = 100

const ms = z.number().min(0).max(LATENCY_MS_MAX)
const share = z.number().min(0).max(1)

const latencySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), ms }),
  z
    .strictObject({ kind: z.literal('uniform'), minMs: ms, maxMs: ms })
    .refine(({ minMs, maxMs }) => minMs <= maxMs, 'minMs is above maxMs'),
  /** Half of the calls are faster than the median; sigma 0.5 makes one in a hundred 3.2 times slower. */
  z.strictObject({ kind: z.literal('lognormal'), medianMs: ms, sigma: z.number().min(0).max(3) }),
])

export const GARBLE_KINDS = [
  'not-json',
  'empty',
  'truncated',
  'oversized',
  'wrong-shape',
  'wrong-references',
  'missing-answers',
  'malformed-answers',
  'extra-answers',
  'reversed',
] as const

const fields = z.strictObject({
  /** Setting it, even to what it was, starts the sequence of chances anew. */
  seed: z.int().min(0).max(0xffff_ffff),
  latency: latencySchema,
  /** `answer`: 503 to every call, at once. `drop`: every call's connection is cut, nothing taken. */
  outage: z.enum(['none', 'answer', 'drop']),

  // Shares of calls. What remains is answered properly.
  failShare: share,
  failStatus: z.int().min(500).max(599),
  throttleShare: share,
  dropBeforeShare: share,
  dropAfterShare: share,
  hangBeforeAcceptRate: share,
  hangAfterShare: share,
  corruptResponseRate: share,
  garbleKind: z.enum(GARBLE_KINDS),

  // Shares of the messages in answered calls. What remains is accepted.
  rejectShare: share,
  unavailableShare: share,
  rejectedNumbers: z.array(z.string().regex(/^\+?[0-9]{5,15}$/)).max(REJECTED_NUMBERS_MAX),

  /** A call in which a text contains one of these is refused as a whole. */
  poisonTexts: z
    .array(z.strictObject({ text: z.string().min(1).max(1_600), status: z.literal([400, 500]) }))
    .max(POISONS_MAX),
})

export type Behaviour = z.infer<typeof fields>
export type GarbleKind = Behaviour['garbleKind']

/** A good operator, at once. */
export const GOOD_BEHAVIOUR: Omit<Behaviour, 'seed'> = {
  latency: { kind: 'fixed', ms: 0 },
  outage: 'none',
  failShare: 0,
  failStatus: 500,
  throttleShare: 0,
  dropBeforeShare: 0,
  dropAfterShare: 0,
  hangBeforeAcceptRate: 0,
  hangAfterShare: 0,
  corruptResponseRate: 0,
  garbleKind: 'not-json',
  rejectShare: 0,
  unavailableShare: 0,
  rejectedNumbers: [],
  poisonTexts: [],
}

/** What chance may do to a call. `before` and `after`: before or after the messages were taken. */
export type Mishap =
  'fail' | 'throttle' | 'drop-before' | 'drop-after' | 'hang-before' | 'hang-after' | 'garble'

export function callShares(behaviour: Behaviour): [Mishap, number][] {
  return [
    ['fail', behaviour.failShare],
    ['throttle', behaviour.throttleShare],
    ['drop-before', behaviour.dropBeforeShare],
    ['drop-after', behaviour.dropAfterShare],
    ['hang-before', behaviour.hangBeforeAcceptRate],
    ['hang-after', behaviour.hangAfterShare],
    ['garble', behaviour.corruptResponseRate],
  ]
}

/** Shares that are meant to sum to 1 may miss it by how fractions are stored. */
const SUM_MAX = 1 + 1e-9

export const behaviourSchema = fields
  .refine(
    (b) => callShares(b).reduce((sum, [, part]) => sum + part, 0) <= SUM_MAX,
    'the shares of calls exceed 1',
  )
  .refine((b) => b.rejectShare + b.unavailableShare <= SUM_MAX, 'the shares of messages exceed 1')
