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
  'no-content',
  'error-word',
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

export const SMPP_MALFORMED_KINDS = [
  'truncated',
  'illegal-length',
  'huge-length',
  'http',
  'unknown-command',
  'wrong-command',
  'wrong-sequence',
  'cut-identifier',
  'cut-parameter',
  'unknown-parameter',
  'no-identifier',
  'no-body',
  'octet-by-octet',
  'bad-request',
  'unknown-request',
] as const
export const SMPP_RECEIPT_FORMATS = [
  'text',
  'text-without-counts',
  'text-with-seconds',
  'text-with-offset',
  'parameters',
] as const

/** An hour: longer than any test waits for a receipt. */
const RECEIPT_DELAY_MS_MAX = 3_600_000
const receiptMs = z.number().min(0).max(RECEIPT_DELAY_MS_MAX)

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
  /** Answered properly, but this much later. */
  lateRate: rate,
  lateMs: ms,
  /** Answered twice. Over SMPP alone. */
  repeatRate: rate,

  /** Whether it says the state of messages; `missing`: 404, as an operator without the route. */
  statusRoute: z.enum(['answers', 'forgets', 'fails', 'hangs', 'missing']),

  /**
   * How it reports the delivery of a message that it took: `push` sends receipts; `status` sends none, and tells when it is asked,
   * once the longest receipt delay is over.
   */
  reports: z.enum(['push', 'status']),

  // Rates of the messages in answered calls. What remains is accepted.
  rejectRate: rate,
  unavailableRate: rate,
  rejectedNumbers: z.array(z.string().regex(/^\+?[0-9]{5,15}$/)).max(REJECTED_NUMBERS_MAX),

  /** A call in which a text contains one of these is refused as a whole. */
  poisonTexts: z
    .array(z.strictObject({ text: z.string().min(1).max(1_600), status: z.literal([400, 500]) }))
    .max(POISONS_MAX),

  // Over SMPP alone.
  /** What throttles a submit_sm: ESME_RTHROTTLED, ESME_RMSGQFUL, or one as often as the other. */
  smppThrottleStatus: z.enum(['throttled', 'queue-full', 'either']),
  /** What is sent in place of a response that is corrupt. */
  smppMalformedKind: z.enum(SMPP_MALFORMED_KINDS),
  /** `mixed`: each of the others in turn. */
  smppReceiptFormat: z.enum([...SMPP_RECEIPT_FORMATS, 'mixed']),
  /** A receipt that is not answered for so long is sent again. */
  smppReceiptAnswerMs: ms,
  // Receipts of messages that were taken, sent over SMPP, and over HTTP where RECEIPTS_URL is set. Their chances are drawn apart.
  /** Messages with a receipt; the others' are lost. */
  receiptRate: rate,
  receiptBy: z.enum(['reference', 'message_id']),
  receiptDelay: z
    .strictObject({ minMs: receiptMs, maxMs: receiptMs })
    .refine(({ minMs, maxMs }) => minMs <= maxMs, 'minMs is above maxMs'),
  undeliveredRate: rate,
  undeliveredCode: z.string().max(50),
  /** Sent at once, and so before the answer when that is slow. */
  receiptEarlyRate: rate,
  receiptRepeatRate: rate,
  /** One that is not final before the final one. */
  receiptIntermediateRate: rate,
  /** The opposite, later. */
  receiptContradictRate: rate,
  /** A further one that matches no message. */
  receiptUnknownRate: rate,
  /** With the identifier in another notation: in decimal instead of hexadecimal, or in the other case. */
  receiptRecodedRate: rate,
  /** `notation` is that; otherwise with zeros before it, or in the other case. */
  receiptRecoding: z.enum(['notation', 'leading-zeros', 'case']),
  /** `named`: the operator's name and a number. `hexadecimal`: eight digits, the first one a letter. */
  messageIds: z.enum(['named', 'hexadecimal']),
})

export type Behaviour = z.infer<typeof fields>
export type CorruptResponseKind = Behaviour['corruptResponseKind']
export type SmppMalformedKind = Behaviour['smppMalformedKind']

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
  lateRate: 0,
  lateMs: 6_000,
  repeatRate: 0,
  statusRoute: 'answers',
  reports: 'push',
  rejectRate: 0,
  unavailableRate: 0,
  rejectedNumbers: [],
  poisonTexts: [],
  smppThrottleStatus: 'throttled',
  smppMalformedKind: 'truncated',
  smppReceiptFormat: 'text',
  smppReceiptAnswerMs: 5_000,
  receiptRate: 1,
  receiptBy: 'reference',
  receiptDelay: { minMs: 500, maxMs: 1_500 },
  undeliveredRate: 0,
  undeliveredCode: '',
  receiptEarlyRate: 0,
  receiptRepeatRate: 0,
  receiptIntermediateRate: 0,
  receiptContradictRate: 0,
  receiptUnknownRate: 0,
  receiptRecodedRate: 0,
  receiptRecoding: 'notation',
  messageIds: 'named',
}

/** What chance may do to a call. `before` and `after`: before or after the messages were taken. */
export type Mishap =
  | 'fail'
  | 'throttle'
  | 'drop-before'
  | 'drop-after'
  | 'hang-before'
  | 'hang-after'
  | 'corrupt-response'
  | 'late'
  | 'repeat'

export function callRates(behaviour: Behaviour): [Mishap, number][] {
  return [
    ['fail', behaviour.failRate],
    ['throttle', behaviour.throttleRate],
    ['drop-before', behaviour.dropBeforeAcceptRate],
    ['drop-after', behaviour.dropAfterAcceptRate],
    ['hang-before', behaviour.hangBeforeAcceptRate],
    ['hang-after', behaviour.hangAfterAcceptRate],
    ['corrupt-response', behaviour.corruptResponseRate],
    ['late', behaviour.lateRate],
    ['repeat', behaviour.repeatRate],
  ]
}

/** Rates that are meant to sum to 1 may miss it by how fractions are stored. */
export const SUM_MAX = 1 + 1e-9

export const behaviourSchema = fields
  .refine(
    (b) => callRates(b).reduce((sum, [, part]) => sum + part, 0) <= SUM_MAX,
    'the rates of calls exceed 1',
  )
  .refine((b) => b.rejectRate + b.unavailableRate <= SUM_MAX, 'the rates of messages exceed 1')
