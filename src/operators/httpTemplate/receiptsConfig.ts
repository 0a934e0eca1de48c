import { z } from 'zod'
import type { ReceiptOptions } from '../contract.ts'
import { receiptFields, toReceiptOptions } from '../receiptOptions.ts'
import { pointer, words } from './answerConfig.ts'
import { TIME_FORMATS } from './readTime.ts'

const FIELD_LENGTH_MAX = 200
const ANSWER_LENGTH_MAX = 1_000

const field = z.string().min(1).max(FIELD_LENGTH_MAX)

const formatFields = {
  from: z.enum(['query', 'form', 'json']),
  /** The array of receipts in a document; without it the document is one. */
  items: pointer.optional(),
  identifier: field.optional(),
  reference: field.optional(),
  status: field,
  statuses: z
    .strictObject({
      delivered: words,
      undelivered: words.optional(),
      pending: words.optional(),
    })
    .superRefine((all, check) => {
      const listed = Object.values(all).flatMap((each) => each ?? [])
      const twice = listed.find((each, at) => listed.indexOf(each) !== at)
      if (twice !== undefined) check.addIssue({ code: 'custom', message: `lists "${twice}" twice` })
    }),
  error: field.optional(),
  done_at: z.strictObject({ at: field, format: z.enum(TIME_FORMATS) }).optional(),
  /** What the operator is answered once its receipt is stored. */
  answer: z
    .strictObject({
      status: z.int().min(200).max(299).default(200),
      body: z.string().max(ANSWER_LENGTH_MAX).default(''),
    })
    .default({ status: 200, body: '' }),
}

/** Receipts over HTTP: where they stand in a request, what they say, and what every protocol's have. */
export const receiptsSchema = z
  .strictObject({ ...receiptFields, ...formatFields })
  .superRefine((given, check) => {
    const { from, items, identifier, reference, status, error, done_at: doneAt } = given
    if (identifier === undefined && reference === undefined)
      check.addIssue({ code: 'custom', message: 'must have identifier or reference' })
    if (from !== 'json' && items !== undefined)
      check.addIssue({ code: 'custom', path: ['items'], message: 'needs from: json' })
    if (from !== 'json') return
    for (const [name, value] of Object.entries({ identifier, reference, status, error, done_at: doneAt?.at }))
      if (value !== undefined && !pointer.safeParse(value).success)
        check.addIssue({ code: 'custom', path: [name], message: 'must be a JSON pointer such as /messageId' })
  })
  .superRefine(({ secret }, check) => {
    if (secret === undefined)
      check.addIssue({ code: 'custom', path: ['secret'], message: 'is missing: no receipt would be taken' })
  })
  .transform((given): TemplateReceipts => {
    const { secret, signature, allowed_sources, time_zone, one_per_message, error_codes, ...format } = given
    const common = { secret, signature, allowed_sources, time_zone, one_per_message, error_codes }
    return { ...toReceiptOptions(common), format }
  })

/** What of a request is read, and how. */
export type ReceiptFormat = z.output<z.ZodObject<typeof formatFields>>

/** Without a format: those of an operator that is not in the file any more. */
export interface TemplateReceipts extends ReceiptOptions {
  format?: ReceiptFormat
}
