import { z } from 'zod'
import { elseSay, invalidField, invalidInput, readInput } from '../../../platform/http/index.ts'
import type { Problem } from '../../../primitives/problem.ts'
import { formatCount } from '../../../primitives/text.ts'
import { messageBody } from '../prepareMessage.ts'
import type { V1Limits } from '../v1Fields.ts'

/** As many as one request may have recipients: each message has at least one. */
const BULK_MESSAGES_MAX = 10_000
/** 10,000 messages of ten parts each, and room for their other members. */
export const BULK_BODY_BYTES_MAX = 16 * 1024 * 1024
/** As many messages with all their members, tags and recipients have fewer. */
export const BULK_VALUES_MAX = 250_000

const LIST = 'must be an array of messages'

/** A bulk whose messages are not read yet: each is refused by itself. */
export interface BulkInput {
  messages: unknown[]
  isAllOrNothing: boolean
}

const allOrNothing = z
  .boolean(elseSay('must be true or false'))
  .default(false)
  .meta({ description: 'Accept all messages or none: one that is refused then refuses the whole bulk' })

/** What is read of a bulk before its messages. */
const Outer = z.strictObject({
  messages: z.preprocess(
    (value, check) => {
      if (!Array.isArray(value) || value.length <= BULK_MESSAGES_MAX) return value
      const [most, got] = [formatCount(BULK_MESSAGES_MAX), formatCount(value.length)]
      check.addIssue({ code: 'custom', message: `must contain at most ${most} messages, got ${got}` })
      return z.NEVER
    },
    z.array(z.unknown(), elseSay(LIST)).min(1, 'must contain at least one message'),
  ),
  all_or_nothing: allOrNothing,
})

/** The body as it is documented. */
export function bulkBody(limits: V1Limits) {
  return z.strictObject({
    messages: z
      .array(messageBody(limits))
      .min(1)
      .max(BULK_MESSAGES_MAX)
      .meta({
        description: `Each with the body of \`POST /v1/messages\`; together at most ${formatCount(limits.recipientsMax)} recipients`,
      }),
    all_or_nothing: allOrNothing,
  })
}

const SYNONYMS = { messages: ['bulk', 'items', 'batch'] }

/** @throws Problem 400 for what is wrong with the bulk as a whole. */
export function readBulkInput(body: unknown, { recipientsMax }: V1Limits): BulkInput {
  const { messages, all_or_nothing: isAllOrNothing } = readInput(Outer, body, SYNONYMS)
  const recipients = messages.reduce((sum: number, message) => sum + countRecipients(message), 0)
  if (recipients > recipientsMax) {
    const [most, got] = [formatCount(recipientsMax), formatCount(recipients)]
    throw invalidField('messages', `must contain at most ${most} recipients together, got ${got}`)
  }
  return { messages, isAllOrNothing }
}

/** @returns the problem that this wrong body is answered with. */
export function refusalOfBulk(body: object): Problem {
  return invalidInput(Outer, body, SYNONYMS).example
}

/** Before equal ones are removed; a message that is not valid counts as one. */
function countRecipients(message: unknown): number {
  const { to } = (message ?? {}) as { to?: unknown }
  return Array.isArray(to) ? Math.max(1, to.length) : 1
}
