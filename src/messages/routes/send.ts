import { z } from 'zod'
import {
  answer,
  answerJson,
  bodyProblems,
  commonProblems,
  note,
  problem,
  ProblemSchema,
  readInput,
  storableText,
  wholeNumber,
} from '../../platform/http/index.ts'
import type { Endpoint, Route } from '../../platform/http/index.ts'
import { currentTraceparent } from '../../platform/telemetry/index.ts'
import { RECIPIENT_SHAPE, withoutEqual } from '../../primitives/address.ts'
import { Problem } from '../../primitives/problem.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import type { SendRequest, Decision } from '../types.ts'

export interface SendLimits {
  /** Recipients of one request, counted before equal ones are removed. */
  recipientsMax: number
  /** Unicode code points. */
  textCharsMax: number
  /** One country's or operator's plan, if recipients have to follow it: the whole recipient has to match. */
  recipientPattern?: RegExp | undefined
}

const SendAnswer = z
  .object({
    sms_identifier: z.uuid(),
    status: z.literal('processing'),
    recipients: z.int().meta({ description: 'How many, after removing equal ones' }),
    cost: z.int(),
  })
  .meta({ id: 'SendAnswer' })

const InsufficientBalance = ProblemSchema.extend({ cost: z.int(), balance: z.int() }).meta({
  id: 'InsufficientBalance',
})

/** Decides one request. `isGone` says at any moment whether its client has left, so that nobody reads the answer. */
export type AcceptSend = (request: SendRequest, isGone: () => boolean) => Promise<Decision>

/** `POST /sms/send`: takes the money and the message together, and answers when both are committed. */
export function sendRoute(accept: AcceptSend, limits: SendLimits): Route {
  const body = sendBody(limits)
  return {
    ...sendEndpoint(limits),
    async handle(request, response) {
      const { customer_id, text, type, recipients } = readInput(body, request.body)
      note(response, { customer_id })
      const sent: SendRequest = {
        userId: customer_id,
        text,
        type,
        recipients: withoutEqual(recipients),
        traceparent: currentTraceparent(request.get('traceparent')),
      }
      // The socket, because an answer that waits behind another on its connection does not hear that it closed.
      const verdict = await accept(sent, () => request.socket.destroyed)
      const accepted = orThrow(verdict)
      note(response, { sms_identifier: accepted.smsIdentifier, recipients: accepted.recipients })
      answerJson(response, {
        sms_identifier: accepted.smsIdentifier,
        status: 'processing',
        recipients: accepted.recipients,
        cost: accepted.cost,
      } satisfies z.input<typeof SendAnswer>)
    },
  }
}

function orThrow(verdict: Decision): Extract<Decision, { kind: 'accepted' }> {
  switch (verdict.kind) {
    case 'accepted':
      return verdict
    case 'insufficient_balance': {
      const { cost, balance } = verdict
      const detail = `The balance of ${balance} does not cover the cost of ${cost}.`
      throw new Problem(402, 'insufficient_balance', detail, { members: { cost, balance } })
    }
    case 'unavailable':
      throw new Unavailable(
        'unavailable',
        'Messages cannot be accepted at the moment. Nothing was changed.',
        {
          retryAfterSeconds: verdict.retryAfterSeconds,
        },
      )
    case 'account_locked':
      throw new Unavailable(
        'account_locked',
        "Another change of this customer's balance takes too long. Nothing was changed.",
      )
    case 'outcome_unknown':
      // No Retry-After: a client that repeats on its own would send, and pay, twice.
      throw new Problem(
        503,
        'outcome_unknown',
        'The message may or may not have been accepted. Ask the history for its sms_identifier before sending again.',
        { members: { sms_identifier: verdict.smsIdentifier } },
      )
  }
}

function sendBody({ recipientsMax, textCharsMax, recipientPattern }: SendLimits) {
  const recipient = z
    .string()
    .regex(RECIPIENT_SHAPE, 'must be 5 to 15 digits, with or without a plus before them')
  const list = z
    .array(
      recipientPattern ? recipient.regex(recipientPattern, 'is not a number that is served here') : recipient,
    )
    .min(1, 'must name at least one recipient')
    .max(recipientsMax)
    .meta({
      description: 'Recipients with equal digits get one message',
      example: ['09128582812', '+14155550100'],
    })

  return z.object({
    customer_id: wholeNumber(1).meta({ example: 1 }),
    text: storableText(1, textCharsMax).meta({ example: 'hi' }),
    recipients: z.preprocess((value, check) => {
      // Looked at before the elements are: half a million of them in one body would take a second to complain about.
      if (!Array.isArray(value) || value.length <= recipientsMax) return value
      check.addIssue({
        code: 'custom',
        message: `must name at most ${recipientsMax} recipients, names ${value.length}`,
      })
      return z.NEVER
    }, list),
    type: z.enum(['normal', 'express']),
  })
}

export function sendEndpoint(limits: SendLimits): Endpoint {
  return {
    method: 'post',
    path: '/sms/send',
    operation: {
      operationId: 'sendSms',
      tags: ['messages'],
      summary: 'Send a text to one or more recipients',
      description:
        'All recipients are accepted and paid for, or none. A recipient that no operator takes is refunded later.',
      requestBody: { required: true, content: { 'application/json': { schema: sendBody(limits) } } },
      responses: {
        '200': answer('Accepted and paid for', SendAnswer),
        '402': problem(
          '`insufficient_balance`: the balance does not cover all recipients. Nothing changed.',
          InsufficientBalance,
        ),
        ...commonProblems,
        ...bodyProblems,
      },
    },
  }
}
