import { z } from 'zod'
import { partsLimitOf } from '../../limits/index.ts'
import { elseSay, invalidField, note, readInput, wholeNumber } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { currentTraceparent } from '../../platform/telemetry/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { Problem } from '../../primitives/problem.ts'
import { parseSendAt } from '../../primitives/sendAt.ts'
import type { Segmented } from '../../segments/index.ts'
import type { Accepted } from '../types.ts'
import { answerSend } from './answerSend.ts'
import { describeSendMessage } from './describeSendMessage.ts'
import type { MessageAnswer } from './describeSendMessage.ts'
import { readKeyed } from './keyed.ts'
import type { AnswerOf } from './keyed.ts'
import type { QuoteActions } from './quote.ts'
import { readRecipients } from './readRecipients.ts'
import { priceExceeded, testKeyCannotSend } from './refuseSend.ts'
import { segmentText } from './segmentText.ts'
import type { AcceptSend } from './send.ts'
import { V1_SYNONYMS, v1Fields } from './v1Fields.ts'
import type { V1Limits } from './v1Fields.ts'

/** What the route needs beside accepting. */
export interface SendMessageContext {
  accept: AcceptSend
  limits: V1Limits
  /** What the message costs now. */
  price: QuoteActions['price']
  /** By the database's clock. */
  nowMs: () => number
}

/** `POST /v1/messages`: charges and accepts a message of the key's customer, at once or for a time to come. */
export function sendMessageRoute(context: SendMessageContext): Route {
  const body = sendMessageBody(context.limits)
  return {
    method: 'post',
    path: '/v1/messages',
    access: 'send',
    operation: describeSendMessage(body),
    async handle(request, response, access) {
      if (access.isTest) throw testKeyCannotSend()
      const input = readInput(body, request.body, V1_SYNONYMS)
      const customer = customerOf(access)
      const { userId } = customer
      note(response, { customer_id: userId })
      const prepared = await prepare(input, userId, context).catch(asRefusal)
      const answerOf: AnswerOf = (accepted) => ({ status: 202, body: toAnswer(accepted, prepared) })
      const keyed = readKeyed(request, { userId, route: 'messages', isTest: false }, answerOf)
      // A repeat gets its first answer, although its time has passed or a price has changed since.
      if (prepared instanceof Problem && !keyed) throw prepared
      const decision = await context.accept(
        {
          ...(prepared instanceof Problem
            ? { text: '', recipients: [], refusal: prepared }
            : { ...prepared, text: prepared.segmented.text, parts: prepared.segmented.parts.length }),
          ...{ userId, type: input.type, keyed },
          traceparent: currentTraceparent(request.get('traceparent')),
          partsLimit: partsLimitOf(customer),
        },
        () => request.socket.destroyed,
      )
      answerSend(response, decision, { answerOf, isKeyed: keyed !== undefined })
    },
  }
}

interface Prepared {
  segmented: Segmented
  sendAt: Date | undefined
  /** Normalized, each once. */
  recipients: string[]
}

/** @throws Problem 400 or 409 for what depends on the time, the prices or the settings. */
async function prepare(
  { to, text, type, smart_encoding, send_at, max_price }: Input,
  userId: number,
  { limits, price, nowMs }: SendMessageContext,
): Promise<Prepared> {
  const segmented = segmentText(text, { smartEncoding: smart_encoding, partsMax: limits.partsMax })
  const sendAt = send_at === undefined ? undefined : readSendAt(send_at, nowMs())
  const recipients = (await readRecipients(to, limits)).map(({ number }) => number)
  const { cost } = price({ userId, type, parts: segmented.parts.length, recipients })
  if (max_price !== undefined && cost > max_price) throw priceExceeded(cost, max_price)
  return { segmented, sendAt, recipients }
}

function asRefusal(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}

function toAnswer({ smsIdentifier, recipients, cost }: Accepted, prepared: Prepared | Problem) {
  if (prepared instanceof Problem) throw new Error('a refused message was accepted')
  const { segmented, sendAt } = prepared
  return {
    message_id: smsIdentifier,
    status: sendAt ? 'SCHEDULED' : 'QUEUED',
    ...{ recipients, parts: segmented.parts.length, encoding: segmented.encoding, cost },
  } satisfies z.input<typeof MessageAnswer>
}

type Input = z.output<ReturnType<typeof sendMessageBody>>

function sendMessageBody(limits: V1Limits) {
  return z.strictObject({
    ...v1Fields(limits),
    send_at: z
      .string(elseSay('must be a string'))
      .optional()
      .meta({
        description:
          'Not before this time: RFC 3339 with an offset, at most 35 days ahead. It is charged now',
        format: 'date-time',
        examples: ['2027-03-01T09:00:00+03:30'],
      }),
    max_price: wholeNumber(0)
      .optional()
      .meta({ description: 'Refuse the message when all recipients together cost more', examples: [10] }),
  })
}

function readSendAt(text: string, nowMs: number): Date {
  const parsed = parseSendAt(text, nowMs)
  if (parsed.kind === 'fault') throw invalidField('send_at', parsed.fault)
  return new Date(parsed.atMs)
}
