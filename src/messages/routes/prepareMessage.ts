import { z } from 'zod'
import { elseSay, invalidField, wholeNumber } from '../../platform/http/index.ts'
import { senderText } from '../../numbers/index.ts'
import type { AccessCustomer } from '../../primitives/access.ts'
import { ON_UNKNOWN } from '../../primitives/onUnknown.ts'
import { GUARANTEED_WITHIN_MS_MAX, GUARANTEED_WITHIN_MS_MIN } from '../../primitives/guarantee.ts'
import { parseSendAt } from '../../primitives/sendAt.ts'
import type { Encoding } from '../../segments/index.ts'
import type { Accepted, SendRequest } from '../types.ts'
import type { MessageAnswer } from './describeSendMessage.ts'
import { findUrlFault } from '../../primitives/publicUrl.ts'
import { LABELS } from './labelFields.ts'
import { readRecipients } from './readRecipients.ts'
import { senderNotAllowed } from './refuseSend.ts'
import { segmentText } from './segmentText.ts'
import { v1Fields } from './v1Fields.ts'
import type { V1Limits } from './v1Fields.ts'

/** What a message of `/v1` is read by. */
export interface PrepareContext {
  limits: V1Limits
  /** By the database's clock. */
  nowMs: () => number
}

/** What the body of one message says, read and checked. */
export interface Prepared extends Pick<
  SendRequest,
  | 'type'
  | 'text'
  | 'sender'
  | 'recipients'
  | 'givenTo'
  | 'clientReference'
  | 'tags'
  | 'sendAt'
  | 'expiresInSeconds'
  | 'maxPrice'
  | 'onUnknown'
  | 'callbackUrl'
  | 'guaranteedWithinMs'
  | 'hedge'
> {
  parts: number
  encoding: Encoding
}

/** Below, a short pause of the operators would let it expire. */
const EXPIRES_IN_SECONDS_MIN = 60
/** A day, so that what waits for its operators leaves the hot tables. */
const EXPIRES_IN_SECONDS_MAX = 86_400

export type MessageInput = z.output<ReturnType<typeof messageBody>>

/** The body of `POST /v1/messages`. */
export function messageBody(limits: V1Limits) {
  return z.strictObject({
    ...v1Fields(limits),
    from: senderText()
      .optional()
      .meta({
        description:
          "Whom it is from: a name of 2 to 11 letters, digits, inner spaces or `& . - _` with at least one letter, or a number. The operator's default, if left out",
        examples: ['Example'],
      }),
    ...LABELS,
    send_at: z
      .string(elseSay('must be a string'))
      .optional()
      .meta({
        description:
          'Not before this time: RFC 3339 with an offset, at most 35 days ahead, and not before the present second. It is charged now',
        format: 'date-time',
        examples: ['2027-03-01T09:00:00+03:30'],
      }),
    expires_in_seconds: wholeNumber(EXPIRES_IN_SECONDS_MIN, EXPIRES_IN_SECONDS_MAX)
      .optional()
      .meta({
        description:
          'It is not sent any more when this time is over, counted from its acceptance or from `send_at`; it then fails and is refunded',
        examples: [300],
      }),
    on_unknown: z
      .enum(ON_UNKNOWN)
      .optional()
      .meta({
        description:
          'While it is not known whether an operator took it: `retry` sends it again, so that the handset may get it twice; `hold` ' +
          'never does: it waits for a receipt or for what the operator answers when it is asked, until it expires, and is then ' +
          'refunded. Left out: what the customer has set, else `retry` for express and where the operator takes a message once',
      }),
    callback_url: callbackUrl(limits)
      .optional()
      .meta({
        description:
          'Where the events of this message go besides your endpoints, signed with the secret of `POST /v1/webhooks/callback-secret`',
        examples: ['https://shop.example/orders/1843'],
      }),
    guaranteed_within_ms: wholeNumber(GUARANTEED_WITHIN_MS_MIN, GUARANTEED_WITHIN_MS_MAX)
      .optional()
      .meta({
        description:
          'Express only: by when it is guaranteed to be handed over to an operator, in milliseconds from its acceptance, from ' +
          "`send_at` or from when its customer's sending window lets its last recipient leave. Misses are listed by " +
          '`GET /v1/deadlines`. Left out: what the customer has set, else `EXPRESS_GUARANTEED_WITHIN`',
        examples: [2000],
      }),
    max_price: wholeNumber(0)
      .optional()
      .meta({ description: 'Refuse the message when all recipients together cost more', examples: [10] }),
  })
}

function callbackUrl({ allowsPrivate = false }: V1Limits) {
  return z.string().superRefine((text, check) => {
    const fault = findUrlFault(text, { allowsPrivate })
    if (fault !== undefined) check.addIssue({ code: 'custom', message: fault })
  })
}

/** What a message takes from its customer. */
export type ReadCustomer = Pick<
  AccessCustomer,
  'allowedSenders' | 'onUnknown' | 'guaranteedWithinMs' | 'hedge'
>

/** @throws Problem 400 or 403 for what depends on the time, the settings or the customer. */
export async function prepareMessage(
  input: MessageInput,
  { limits, nowMs }: PrepareContext,
  customer: ReadCustomer,
): Promise<Prepared> {
  const { allowedSenders, onUnknown } = customer
  const { type, from: sender, send_at } = input
  if (sender !== undefined && allowedSenders && !allowedSenders.includes(sender)) throw senderNotAllowed()
  if (type === 'normal' && input.guaranteed_within_ms !== undefined)
    throw invalidField('guaranteed_within_ms', 'is for express messages only')
  const segmented = segmentText(input.text, {
    ...{ smartEncoding: input.smart_encoding, partsMax: limits.partsMax },
  })
  const sendAt = send_at === undefined ? undefined : readSendAt(send_at, nowMs())
  const numbers = await readRecipients(input.to, limits)
  const { text, parts, encoding } = segmented
  return {
    ...{ type, text, parts: parts.length, encoding, sender, sendAt },
    recipients: numbers.map(({ number }) => number),
    clientReference: input.client_reference,
    tags: input.tags,
    givenTo: numbers.some(({ given }) => given !== null) ? numbers.map(({ given }) => given) : undefined,
    expiresInSeconds: input.expires_in_seconds,
    maxPrice: input.max_price,
    callbackUrl: input.callback_url,
    onUnknown: input.on_unknown ?? onUnknown,
    guaranteedWithinMs: input.guaranteed_within_ms ?? customer.guaranteedWithinMs,
    hedge: customer.hedge,
  }
}

function readSendAt(text: string, nowMs: number): Date {
  const parsed = parseSendAt(text, nowMs)
  if (parsed.kind === 'fault') throw invalidField('send_at', parsed.fault)
  return new Date(parsed.atMs)
}

/** What an accepted message is answered with. */
export function toMessageAnswer(
  { smsIdentifier, recipients, cost, delayedUntil }: Accepted,
  { sendAt, parts, encoding }: Prepared,
): z.input<typeof MessageAnswer> {
  const status = (sendAt ?? delayedUntil) ? 'SCHEDULED' : 'QUEUED'
  const delayed = delayedUntil && { delayed_until: delayedUntil.toISOString() }
  return { message_id: smsIdentifier, status, ...delayed, recipients, parts, encoding, cost }
}
