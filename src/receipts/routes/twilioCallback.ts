import type { Request } from 'express'
import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { BODY, refusals, TRANSACTION } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { invalidSignature, sourceNotAllowed } from '../authenticate.ts'
import type { ReceiptActions } from './actions.ts'
import { counted, malformedReceipts, takeReceipts } from './takeReceipts.ts'

/** Some twenty parameters of Twilio's. */
const BODY_BYTES_MAX = 65_536
const BODY_VALUES_MAX = 1_000
const FORM = 'application/x-www-form-urlencoded'
const SIGNATURE = 'X-Twilio-Signature'

const CallbackForm = z
  .object({
    MessageSid: z.string().meta({ description: "Twilio's identifier of the message" }),
    MessageStatus: z.string().meta({
      description: '`delivered` or `read`; `undelivered`, `failed` or `canceled`; others are not final',
    }),
    ErrorCode: z.string().optional().meta({ description: 'Why it was not delivered' }),
  })
  .meta({ id: 'TwilioCallback' })

/**
 * `POST /webhooks/twilio`: Twilio reports the state of a message, and is answered once it is stored. The signature is
 * verified over the address in the operators' file, whatever a proxy makes of it.
 */
export function twilioCallbackRoute(actions: ReceiptActions): Route {
  return {
    method: 'post',
    path: '/webhooks/twilio',
    access: 'public',
    body: { bytesMax: BODY_BYTES_MAX, valuesMax: BODY_VALUES_MAX },
    hasRawBody: true,
    quiet: true,
    operation,
    admit(request) {
      counted(actions, actions.sourceOf(request), () => {
        if (request.get(SIGNATURE) === undefined) throw invalidSignature()
        if (!isForm(request)) throw noForm()
      })
    },
    async handle(request, response) {
      const source = actions.sourceOf(request)
      const callback = { body: request.body as Buffer, signature: request.get(SIGNATURE), source }
      const sender = counted(actions, source, () => actions.authenticateCallback(callback))
      await takeReceipts(actions, sender, { request, response })
    },
  }
}

function isForm({ headers }: Request): boolean {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() === FORM
}

function noForm(): Problem {
  return new Problem(415, 'unsupported_media_type', `The body has to be a form, sent as ${FORM}.`)
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'storeTwilioCallback',
  tags: ['operators'],
  summary: "Take Twilio's status callback",
  description:
    'Called by Twilio for a message of an operator of the protocol `twilio` (docs/operators/adding.md), with its signature ' +
    `in \`${SIGNATURE}\`. A callback may come several times and in any order.`,
  requestBody: {
    content: {
      [FORM]: {
        schema: CallbackForm,
        example: { MessageSid: 'SM0123456789abcdef0123456789abcdef', MessageStatus: 'delivered' },
      },
    },
  },
  responses: {
    '204': { description: 'It is stored, and applied within about a second' },
    ...refusals([
      { when: 'the body is empty', example: malformedReceipts('The body is empty.') },
      { when: 'the signature is missing or wrong', example: invalidSignature() },
      { when: 'the request comes from none of the allowed addresses', example: sourceNotAllowed() },
      { when: 'the body is no form', example: noForm() },
      ...BODY.filter(({ example }) => ![400, 415].includes(example.status)),
      ...TRANSACTION,
    ]),
  },
}
