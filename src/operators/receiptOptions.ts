import { z } from 'zod'
import { durationText, secretText } from '../platform/config/index.ts'
import { isAddressRange } from '../primitives/ipRange.ts'
import { RECEIPT_CAUSES, SIGNATURE_ALGORITHMS, SIGNATURE_ENCODINGS } from './contract.ts'
import type { ReceiptOptions, ReceiptPoll } from './contract.ts'

/** It is pasted, not typed. */
const SECRET_CHARS_MIN = 16
const CODES_MAX = 1_000
const CODE_CHARS_MAX = 50
const SOURCES_MAX = 100
const TIME_ZONE_DEFAULT = 'UTC'
const POLL_EVERY_MIN_MS = 1_000
const POLL_EVERY_MAX_MS = 3_600_000
const POLL_FOR_DEFAULT = '24h'
/** Below the shortest time for which messages are kept. */
const POLL_FOR_MAX_MS = 7 * 86_400_000
/** A token of RFC 9110. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/

/** The secret with which operators that are configured by their addresses send receipts. */
export function receiptsSecretText() {
  return secretText(SECRET_CHARS_MIN)
}

/** Members of `receipts` that every protocol has. A secret comes from the environment, as all of the file's. */
export const receiptFields = {
  secret: receiptsSecretText().optional(),
  signature: z
    .strictObject({
      header: z
        .string()
        .regex(HEADER_NAME, 'must be the name of a header such as X-Signature')
        .transform((name) => name.toLowerCase()),
      algorithm: z.enum(SIGNATURE_ALGORITHMS).default('sha256'),
      encoding: z.enum(SIGNATURE_ENCODINGS).default('hex'),
    })
    .nullable()
    .default(null),
  allowed_sources: z
    .array(z.string().refine(isAddressRange, 'must be an address or a range such as 192.0.2.0/24'))
    .min(1)
    .max(SOURCES_MAX)
    .nullable()
    .default(null),
  time_zone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as Asia/Tehran')
    .default(TIME_ZONE_DEFAULT),
  one_per_message: z.boolean().default(false),
  error_codes: z
    .record(z.string().min(1).max(CODE_CHARS_MAX), z.enum(RECEIPT_CAUSES))
    .refine((codes) => Object.keys(codes).length <= CODES_MAX, `must have at most ${CODES_MAX} codes`)
    .default({}),
}

const pollSchema = z
  .strictObject({
    every: durationText(POLL_EVERY_MAX_MS, POLL_EVERY_MIN_MS),
    for: z.string().default(POLL_FOR_DEFAULT).pipe(durationText(POLL_FOR_MAX_MS)),
  })
  .refine(({ every, for: forMs }) => every <= forMs, 'every must not be longer than for')
  .transform(({ every: everyMs, for: forMs }): ReceiptPoll => ({ everyMs, forMs }))

type ReceiptFields = z.output<z.ZodObject<typeof receiptFields>>

export function toReceiptOptions(receipts: ReceiptFields): ReceiptOptions {
  return {
    secret: receipts.secret,
    signature: receipts.signature,
    allowedSources: receipts.allowed_sources,
    timeZone: receipts.time_zone,
    onePerMessage: receipts.one_per_message,
    causes: receipts.error_codes,
  }
}

/** `receipts` of an operator in the file. */
export const receiptsSchema = z.strictObject(receiptFields).transform(toReceiptOptions)

/** Of an operator that the file says nothing of. */
export const RECEIPTS_DEFAULT: ReceiptOptions = {
  secret: undefined,
  signature: null,
  allowedSources: null,
  timeZone: TIME_ZONE_DEFAULT,
  onePerMessage: false,
  causes: {},
}

/** `receipts` of an operator that sends none. Its answers are of whole messages, by our reference. */
const polledSchema = z
  .strictObject({ poll: pollSchema, error_codes: receiptFields.error_codes })
  .transform(({ poll, error_codes }): ReceiptOptions => {
    return { ...RECEIPTS_DEFAULT, onePerMessage: true, causes: error_codes, poll }
  })

/** Of an operator that can be asked instead: with `poll` it sends none. */
export function sentOrPolled<Sent extends ReceiptOptions>(sent: z.ZodType<Sent>) {
  return z.unknown().transform((given, check): Sent | ReceiptOptions => {
    const isPolled = typeof given === 'object' && given !== null && 'poll' in given
    const read = (isPolled ? polledSchema : sent).safeParse(given)
    if (read.success) return read.data
    for (const { path, message } of read.error.issues) check.addIssue({ code: 'custom', path, message })
    return z.NEVER
  })
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
