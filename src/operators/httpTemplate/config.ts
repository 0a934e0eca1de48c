import { z } from 'zod'
import { connectionMembers, secretMember } from '../http/config.ts'
import type { ConnectionOptions } from '../http/config.ts'
import { sentOrPolled } from '../receiptOptions.ts'
import { answerSchema } from './answerConfig.ts'
import type { AnswerConfig } from './answerConfig.ts'
import { receiptsSchema } from './receiptsConfig.ts'
import type { TemplateReceipts } from './receiptsConfig.ts'
import { checkStatusTemplates, checkTemplates, sendSchema } from './sendConfig.ts'
import type { SendConfig } from './sendConfig.ts'
import { statusSchema } from './statusConfig.ts'
import type { StatusConfig } from './statusConfig.ts'

export type { AnswerConfig, Meaning, Rule } from './answerConfig.ts'
export type { ReceiptFormat } from './receiptsConfig.ts'
export type { SendConfig } from './sendConfig.ts'
export type { StatusConfig } from './statusConfig.ts'

const SECRETS_MAX = 20
const WORD_LENGTH_MAX = 100

const word = z.string().min(1).max(WORD_LENGTH_MAX)

/** What an operator of the protocol `http-template` is configured with. */
export interface HttpTemplateOptions extends ConnectionOptions {
  /** By the names that templates use; their values come from the environment. */
  secrets: Record<string, string>
  /** The operator's words for the two encodings. */
  encodings: Record<'gsm7' | 'ucs2', string>
  send: SendConfig
  answer: AnswerConfig
  /** Null: it cannot be asked for the state of a message. */
  status: StatusConfig | null
  /** Null: it sends none over HTTP. */
  receipts: TemplateReceipts | null
}

export const httpTemplateOptions = z
  .strictObject({
    ...connectionMembers,
    secrets: z
      .record(z.string().regex(/^[a-z][a-z0-9_]{0,30}$/), secretMember())
      .refine((secrets) => Object.keys(secrets).length <= SECRETS_MAX, `at most ${SECRETS_MAX}`)
      .default({}),
    encodings: z
      .strictObject({ gsm7: word.default('gsm7'), ucs2: word.default('ucs2') })
      .default({ gsm7: 'gsm7', ucs2: 'ucs2' }),
    send: sendSchema,
    answer: answerSchema,
    status: statusSchema.nullable().default(null),
    receipts: sentOrPolled(receiptsSchema).nullable().default(null),
  })
  .superRefine(({ send, status, receipts, secrets }, check) => {
    for (const { path, fault } of checkTemplates(send, Object.keys(secrets)))
      check.addIssue({ code: 'custom', path: ['send', ...path], message: fault })
    if (receipts?.poll && status?.delivery === undefined)
      check.addIssue({
        code: 'custom',
        path: ['status'],
        message: 'must have delivered: receipts are polled',
      })
    // What is wrong itself has not become a request.
    const { request } = (status ?? {}) as Partial<StatusConfig>
    if (!request) return
    for (const { path, fault } of checkStatusTemplates(request, Object.keys(secrets)))
      check.addIssue({ code: 'custom', path: ['status', ...path], message: fault })
  })
  .transform(({ idle_timeout: idleTimeoutMs, ...rest }): HttpTemplateOptions => {
    return { ...rest, idleTimeoutMs }
  })
