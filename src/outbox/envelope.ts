import { z } from 'zod'
import type { MessageClass } from '../primitives/messageClass.ts'

/** Recipients `first` to `last` of one request, both included; numbering starts at 1. */
export interface RecipientRange {
  smsIdentifier: string
  first: number
  last: number
  /** The customer whose request it is. */
  userId: number
  /** The W3C trace context of the request, if it is sampled, so that a merge of several requests loses none. */
  traceparent?: string | undefined
}

/**
 * What a queue message says: which recipients of which requests to deliver, and the outbox row that references them.
 */
export interface Envelope {
  outboxId: string
  type: MessageClass
  ranges: RecipientRange[]
}

/** An envelope is one call of an operator at most: its limit is the operators' (100 a call). */
export const ENVELOPE_RECIPIENTS_MAX = 100
export const ENVELOPE_VERSION = 1
const RECIPIENT_NO_MAX = 65_535

const recipientNo = z.int().min(1).max(RECIPIENT_NO_MAX)
const rangesJson = z
  .array(
    z
      .tuple([z.uuid(), recipientNo, recipientNo, z.int().positive()], z.string().max(64))
      .refine(([, first, last]) => first <= last, 'a range ends before it begins'),
  )
  .min(1)
  .max(ENVELOPE_RECIPIENTS_MAX)

const envelopeJson = z.object({
  version: z.literal(ENVELOPE_VERSION),
  outbox_id: z.uuid(),
  type: z.enum(['normal', 'express']),
  ranges: rangesJson,
})

/** A queue message that is not a valid envelope; the error message says why. */
export class UnreadableEnvelope extends Error {}

export function encodeEnvelope({ outboxId, type, ranges }: Envelope): Buffer {
  return Buffer.from(
    JSON.stringify({ version: ENVELOPE_VERSION, outbox_id: outboxId, type, ranges: toTuples(ranges) }),
  )
}

/** @throws UnreadableEnvelope with the reason. */
export function decodeEnvelope(body: Buffer): Envelope {
  const json = parseJson(body.toString('utf8'))
  if (json === undefined) throw new UnreadableEnvelope('not JSON')
  const parsed = envelopeJson.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new UnreadableEnvelope(`${issue?.path.join('.') || 'envelope'}: ${issue?.message ?? 'malformed'}`)
  }
  const { outbox_id, type, ranges } = parsed.data
  const envelope = { outboxId: outbox_id, type, ranges: fromTuples(ranges) }
  if (countRecipients(envelope.ranges) > ENVELOPE_RECIPIENTS_MAX)
    throw new UnreadableEnvelope('too many recipients')
  return envelope
}

/** The payload column of an outbox row: the same ranges as JSON text. */
export function encodeRanges(ranges: RecipientRange[]): string {
  return JSON.stringify(toTuples(ranges))
}

/** @returns undefined for a payload that this program cannot read, such as one of a newer version. */
export function decodeRanges(payload: string): RecipientRange[] | undefined {
  const parsed = rangesJson.safeParse(parseJson(payload))
  if (!parsed.success) return undefined
  const ranges = fromTuples(parsed.data)
  return countRecipients(ranges) > ENVELOPE_RECIPIENTS_MAX ? undefined : ranges
}

export function countRecipients(ranges: RecipientRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

type RangeTuple = [string, number, number, number, ...string[]]

function toTuples(ranges: RecipientRange[]): RangeTuple[] {
  return ranges.map(({ smsIdentifier, first, last, userId, traceparent }) => {
    const tuple: RangeTuple = [smsIdentifier, first, last, userId]
    return traceparent === undefined ? tuple : [...tuple, traceparent]
  })
}

function fromTuples(tuples: RangeTuple[]): RecipientRange[] {
  return tuples.map(([smsIdentifier, first, last, userId, traceparent]) => {
    const range = { smsIdentifier, first, last, userId }
    return traceparent === undefined ? range : { ...range, traceparent }
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
