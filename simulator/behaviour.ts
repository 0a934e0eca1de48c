import { z } from 'zod'

/** Longer than any caller waits; a connection is kept for as long. */
export const LATENCY_MS_MAX = 60_000
const REJECTED_NUMBERS_MAX = 10_000
/** Each text of each call is searched for each of them. */
const POISONS_MAX = 100

const ms = z.number().min(0).max(LATENCY_MS_MAX)
const rate = z.number().min(0).max(1)
/** Bounds the memory of the limit: it remembers as many calls. */
const CALLS_PER_SECOND_MAX = 10_000

const latencySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), ms }),
  z
    .strictObject({ kind: z.literal('uniform'), minMs: ms, maxMs: ms })
    .refine(({ minMs, maxMs }) => minMs <= maxMs, 'minMs is above maxMs'),
  /** Half of the calls are faster than the median; sigma 0.5 makes one in a hundred 3.2 times slower. */
  z.strictObject({ kind: z.literal('lognormal'), medianMs: ms, sigma: z.number().min(0).max(3) }),
])

export const CORRUPT_RESPONSE_KINDS = [
  'not-json',
  'empty',
  'truncated',
  'oversized',
  'wrong-shape',
  'wrong-references',
  'missing-answers',
  'malformed-answers',
  'extra-answers',
  'repeated-answers',
  'contradictory-answers',
  'reversed',
  'array-of-one',
  'upper-case',
  'numeric-id',
  'odd-ids',
  'numeric-reason',
  'gzip',
  'bom',
] as const

const fields = z.strictObject({
  /** Setting it, even to what it was, starts the sequence of chances anew. */
  seed: z.int().min(0).max(0xffff_ffff),
  latency: latencySchema,
  /** `http503`: 503 to every call, at once. `drop`: every call's connection is cut, nothing taken. */
  outage: z.enum(['none', 'http503', 'drop']),
  /** Calls in any second, over all connections; 429 to those beyond. Null: no limit. */
  callsPerSecondMax: z.int().min(1).max(CALLS_PER_SECOND_MAX).nullable(),
  /** The Retry-After header of every 429 and 503, right or wrong. Null: none. */
  retryAfter: z.string().max(100).nullable(),
  /** Closes a connection without a word when it was idle for so long, at 0 after every answer. Null: never. */
  closeIdleAfterMs: ms.nullable(),

  // Rates of calls. What remains is answered properly.
  failRate: rate,
  failStatus: z.union([z.literal([400, 413, 422]), z.int().min(500).max(599)]),
  throttleRate: rate,
  dropBeforeAcceptRate: rate,
  dropAfterAcceptRate: rate,
  hangBeforeAcceptRate: rate,
  hangAfterAcceptRate: rate,
  corruptResponseRate: rate,
  corruptResponseKind: z.enum(CORRUPT_RESPONSE_KINDS),

  // Rates of the messages in answered calls. What remains is accepted.
  rejectRate: rate,
  unavailableRate: rate,
  rejectedNumbers: z.array(z.string().regex(/^\+?[0-9]{5,15}$/)).max(REJECTED_NUMBERS_MAX),

  /** A call in which a text contains one of these is refused as a whole. */
  poisonTexts: z
    .array(z.strictObject({ text: z.string().min(1).max(1_600), status: z.literal([400, 500]) }))
    .max(POISONS_MAX),
})

export type Behaviour = z.infer<typeof fields>
export type CorruptResponseKind = Behaviour['corruptResponseKind']

/** A good operator, at once. */
export const GOOD_BEHAVIOUR: Omit<Behaviour, 'seed'> = {
  latency: { kind: 'fixed', ms: 0 },
  outage: 'none',
  callsPerSecondMax: null,
  retryAfter: null,
  closeIdleAfterMs: null,
  failRate: 0,
  failStatus: 500,
  throttleRate: 0,
  dropBeforeAcceptRate: 0,
  dropAfterAcceptRate: 0,
  hangBeforeAcceptRate: 0,
  hangAfterAcceptRate: 0,
  corruptResponseRate: 0,
  corruptResponseKind: 'not-json',
  rejectRate: 0,
  unavailableRate: 0,
  rejectedNumbers: [],
  poisonTexts: [],
}

/** What chance may do to a call. `before` and `after`: before or after the messages were taken. */
export type Mishap =
  'fail' | 'throttle' | 'drop-before' | 'drop-after' | 'hang-before' | 'hang-after' | 'corrupt-response'

export function callRates(behaviour: Behaviour): [Mishap, number][] {
  return [
    ['fail', behaviour.failRate],
    ['throttle', behaviour.throttleRate],
    ['drop-before', behaviour.dropBeforeAcceptRate],
    ['drop-after', behaviour.dropAfterAcceptRate],
    ['hang-before', behaviour.hangBeforeAcceptRate],
    ['hang-after', behaviour.hangAfterAcceptRate],
    ['corrupt-response', behaviour.corruptResponseRate],
  ]
}

/** Rates that are meant to sum to 1 may miss it by how fractions are stored. */
const SUM_MAX = 1 + 1e-9

export const behaviourSchema = fields
  .refine(
    (b) => callRates(b).reduce((sum, [, part]) => sum + part, 0) <= SUM_MAX,
    'the rates of calls exceed 1',
  )
  .refine((b) => b.rejectRate + b.unavailableRate <= SUM_MAX, 'the rates of messages exceed 1')
