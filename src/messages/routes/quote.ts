import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  BODY,
  DATABASE,
  invalidInput,
  money,
  note,
  ofAccess,
  readInput,
  refusals,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { explainUcs2 } from '../../segments/index.ts'
import type { Price } from '../priceRequest.ts'
import { messageBody } from './prepareMessage.ts'
import { readRecipients } from './readRecipients.ts'
import { segmentText } from './segmentText.ts'
import { V1_SYNONYMS } from './v1Fields.ts'
import type { V1Limits } from './v1Fields.ts'

export interface QuoteActions {
  /** What the message would cost now. */
  price: Price
  /** @returns what the customer can spend. */
  readCredit: (userId: number) => Promise<{ balance: number }>
  limits: V1Limits
}

const QuoteAnswer = z
  .object({
    recipients: z.int().meta({ description: 'Number of recipients, after removing equal ones' }),
    parts: z.int(),
    encoding: z.enum(['gsm7', 'ucs2']),
    cost: money('What all recipients cost'),
    balance_after: money('The balance less the cost; below 0, the message would be refused'),
    segments: z.array(z.string()).meta({ description: 'The text of each part, as it would be sent' }),
    ucs2_because: z
      .array(
        z.object({
          character: z.string(),
          code_point: z.string(),
          position: z.int().meta({ description: 'Code points of the text before it' }),
        }),
      )
      .meta({ description: 'The first 20 characters that GSM 7 bit does not have' }),
    prices: z
      .array(z.object({ to: z.string(), price: money('What this recipient costs') }))
      .optional()
      .meta({ description: 'Of each recipient; only where they differ' }),
  })
  .meta({ id: 'QuoteAnswer' })

/** `POST /v1/messages/quote`: what a message would cost, and how its text would be sent. Sends and charges nothing. */
export function quoteRoute({ price, readCredit, limits }: QuoteActions): Route {
  const body = messageBody(limits)
  return {
    method: 'post',
    path: '/v1/messages/quote',
    // Of the scope that a client needs to send what it asks about.
    access: 'send',
    operation: operationOf(body),
    async handle(request, response, access) {
      const { to, text, type, smart_encoding: smartEncoding } = readInput(body, request.body, V1_SYNONYMS)
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const segmented = segmentText(text, { smartEncoding, partsMax: limits.partsMax })
      const numbers = await readRecipients(to, limits)
      const recipients = numbers.map(({ number }) => number)
      const { cost, ...priced } = price({ userId, type, parts: segmented.parts.length, recipients })
      answerJson(response, {
        recipients: recipients.length,
        parts: segmented.parts.length,
        encoding: segmented.encoding,
        cost,
        balance_after: (await readCredit(userId)).balance - cost,
        segments: segmented.parts,
        ucs2_because: explainUcs2(segmented.text),
        ...(priced.differs
          ? { prices: priced.recipients.map(({ recipient, price }) => ({ to: recipient, price })) }
          : {}),
      } satisfies z.input<typeof QuoteAnswer>)
    },
  }
}

const EXAMPLE_BODY = { to: ['+989120000001', '+14155550100'], text: 'Your parcel arrives today – at 9.' }

const EXAMPLE: z.input<typeof QuoteAnswer> = {
  recipients: 2,
  parts: 1,
  encoding: 'ucs2',
  cost: 2,
  balance_after: 998,
  segments: [EXAMPLE_BODY.text],
  ucs2_because: [{ character: '–', code_point: 'U+2013', position: 26 }],
}

function operationOf(body: z.ZodObject): ZodOpenApiOperationObject {
  return {
    operationId: 'quoteMessage',
    tags: ['messages'],
    summary: 'Price a message without sending it',
    description:
      'The body is that of a message; what does not change its price may be left out. A test key gets the answer that a live key gets. Unknown members are refused.',
    requestBody: { required: true, content: { 'application/json': { schema: body, example: EXAMPLE_BODY } } },
    responses: {
      '200': answer('What it would cost', QuoteAnswer, EXAMPLE),
      ...refusals([
        ...ofAccess('send'),
        invalidInput(body, { to: [989120000001], text: 'hi', smart_encodng: true }, V1_SYNONYMS),
        ...BODY,
        ...DATABASE,
      ]),
    },
  }
}
