import { z } from 'zod'
import { elseSay, note, readInput, storableText, wholeNumber } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { currentTraceparent } from '../../platform/telemetry/index.ts'
import { RECIPIENT_SHAPE, withoutEqual } from '../../primitives/address.ts'
import { customerServed } from '../../primitives/access.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import { formatCount } from '../../primitives/text.ts'
import type { SendRequest, Decision } from '../types.ts'
import { segment } from '../../segments/index.ts'
import { partsLimitOf } from '../../limits/index.ts'
import { answerSend } from './answerSend.ts'
import { readKeyed } from './keyed.ts'
import type { AnswerOf } from './keyed.ts'
import { describeSend } from './describeSend.ts'
import type { SendAnswer } from './describeSend.ts'
import { testKeyCannotSend } from './refuseSend.ts'

export interface SendLimits {
  /** Recipients of one request, counted before equal ones are removed. */
  recipientsMax: number
  /** Unicode code points. */
  textCharsMax: number
  /** The number format of one country or operator, if recipients have to follow it: the whole recipient has to match. */
  recipientPattern?: RegExp | undefined
}

/** Decides one request. `isGone` says at any moment whether its client has disconnected. */
export type AcceptSend = (request: SendRequest, isGone: () => boolean) => Promise<Decision>

/** `POST /sms/send`: charges and accepts a message, and answers when both are committed. */
export function sendRoute(accept: AcceptSend, limits: SendLimits): Route {
  const body = sendBody(limits)
  return {
    method: 'post',
    path: '/sms/send',
    access: 'send',
    mayBeOpen: true,
    operation: describeSend(body, SYNONYMS),
    async handle(request, response, access) {
      if (access.isTest) throw testKeyCannotSend()
      const { customer_id, text, type, recipients } = readInput(body, request.body, SYNONYMS)
      note(response, { customer_id })
      const userId = customerServed(access, customer_id)
      const keyed = readKeyed(request, { userId, route: 'sms/send', isTest: access.isTest }, answerOf)
      const sent: SendRequest = {
        userId,
        text,
        type,
        recipients: withoutEqual(recipients),
        parts: segment(text).parts.length,
        traceparent: currentTraceparent(request.get('traceparent')),
        partsLimit: access.customer && partsLimitOf(access.customer),
        keyed,
      }
      // The socket, because an answer that waits behind another on its connection is not told that it closed.
      const decision = await accept(sent, () => request.socket.destroyed)
      answerSend(response, decision, { answerOf, isKeyed: keyed !== undefined })
    },
  }
}

const answerOf: AnswerOf = ({ smsIdentifier, recipients, cost }) => ({
  status: 200,
  body: {
    sms_identifier: smsIdentifier,
    status: 'processing',
    recipients,
    cost,
  } satisfies z.input<typeof SendAnswer>,
})

/** Names that other SMS APIs use. */
const SYNONYMS = {
  customer_id: ['user_id', 'customer', 'user'],
  text: ['message', 'body', 'content', 'msg'],
  recipients: ['to', 'numbers', 'phones', 'receptors'],
  type: ['class', 'priority'],
}

const RECIPIENT = 'must be a string of 5 to 15 digits, optionally after a +'

function sendBody({ recipientsMax, textCharsMax, recipientPattern }: SendLimits) {
  const recipient = z.string(elseSay(RECIPIENT)).regex(RECIPIENT_SHAPE, RECIPIENT)
  const list = z
    .array(
      recipientPattern
        ? recipient.regex(recipientPattern, 'does not match the allowed number format')
        : recipient,
      elseSay('must be an array of strings, such as ["09128582812"]'),
    )
    .min(1, 'must contain at least one recipient')
    .max(recipientsMax)
    .meta({
      description: 'Recipients with equal digits get one message, and are charged once',
      examples: [['09128582812', '+14155550100']],
    })

  return z.object({
    customer_id: wholeNumber(1).meta({ description: 'The customer that pays', examples: [1] }),
    text: storableText(1, textCharsMax).meta({
      description: 'Length in Unicode code points; sent exactly as given',
      examples: ['Your parcel arrives today.'],
    }),
    recipients: z.preprocess((value, check) => {
      // Checked before the elements: half a million of them in one body would take a second to complain about.
      if (!Array.isArray(value) || value.length <= recipientsMax) return value
      check.addIssue({
        code: 'custom',
        message: `must contain at most ${formatCount(recipientsMax)} recipients, got ${formatCount(value.length)}`,
      })
      return z.NEVER
    }, list),
    type: z.enum(['normal', 'express'] as const satisfies readonly MessageClass[]).meta({
      description: '`express` is sent ahead of all `normal` traffic, at a higher price',
      examples: ['normal'],
    }),
  })
}
