import { z } from 'zod'
import type { Region } from '../../numbers/index.ts'
import { elseSay, storableText, wholeNumber } from '../../platform/http/index.ts'
import { RECIPIENT_SHAPE } from '../../primitives/address.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import { formatCount } from '../../primitives/text.ts'

export interface SendLimits {
  /** Recipients of one request, counted before equal ones are removed. */
  recipientsMax: number
  /** Unicode code points. */
  textCharsMax: number
  /** The number format of one country or operator, if recipients have to follow it: the whole recipient has to match. */
  recipientPattern?: RegExp | undefined
  /** Recipients may be written in any form and are normalized; without it they stay as they are. */
  region?: Region | undefined
}

/** Names that other SMS APIs use. */
export const SEND_SYNONYMS = {
  customer_id: ['user_id', 'customer', 'user'],
  text: ['message', 'body', 'content', 'msg'],
  recipients: ['to', 'numbers', 'phones', 'receptors'],
  type: ['class', 'priority'],
}

const RECIPIENT = 'must be a string of 5 to 15 digits, optionally after a +'

/** Seed 003's body of a message. */
export function sendBody(limits: SendLimits) {
  const { recipientsMax, textCharsMax } = limits
  const list = z
    .array(recipientSchema(limits), elseSay('must be an array of strings, such as ["09128582812"]'))
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

/** With a region its form is read, and its pattern checked, when it is normalized. */
function recipientSchema({ recipientPattern, region }: SendLimits) {
  const written = z.string(elseSay(RECIPIENT))
  if (region !== undefined) return written
  const digits = written.regex(RECIPIENT_SHAPE, RECIPIENT)
  return recipientPattern
    ? digits.regex(recipientPattern, 'does not match the allowed number format')
    : digits
}
