import { z } from 'zod'
import { pointer, words } from './answerConfig.ts'
import { TIME_FORMATS } from './readTime.ts'
import { checkBody, requestMembers } from './sendConfig.ts'

const HTTP_STATUS_MIN = 400
const HTTP_STATUS_MAX = 499

/**
 * How an operator is asked for the state of a message, and which answers in JSON say that it has it or does not. Any other
 * answer says nothing.
 */
export const statusSchema = z
  .strictObject({
    ...requestMembers,
    method: requestMembers.method.default('GET'),
    /** The word that decides. */
    at: pointer,
    identifier: pointer.optional(),
    taken: words,
    not_taken: words.optional(),
    /** Words that say whether a message that it has was delivered, for an operator whose receipts are polled. */
    delivered: words.optional(),
    undelivered: words.optional(),
    /** Where its error code stands. */
    error: pointer.optional(),
    done_at: z.strictObject({ at: pointer, format: z.enum(TIME_FORMATS) }).optional(),
    /** HTTP statuses by which it says that it has no such message. */
    not_taken_statuses: z.array(z.int().min(HTTP_STATUS_MIN).max(HTTP_STATUS_MAX)).default([]),
  })
  .superRefine(checkBody)
  .superRefine(({ taken, not_taken = [], delivered = [], undelivered = [] }, check) => {
    const meanings = [taken, not_taken, delivered, undelivered]
    const twice = meanings.flatMap((words, meaning) => {
      const before = new Set(
        meanings
          .slice(0, meaning)
          .flat()
          .map((word) => word.toLowerCase()),
      )
      return words.filter((word) => before.has(word.toLowerCase()))
    })[0]
    if (delivered.length === 0 && undelivered.length > 0)
      check.addIssue({ code: 'custom', path: ['undelivered'], message: 'needs delivered' })
    if (twice !== undefined) check.addIssue({ code: 'custom', message: `lists "${twice}" twice` })
  })
  .transform(
    ({
      at,
      identifier,
      taken,
      not_taken: notTaken = [],
      not_taken_statuses: notTakenStatuses,
      delivered,
      undelivered = [],
      error,
      done_at: doneAt,
      ...request
    }) => {
      const delivery = delivered && { delivered, undelivered, error, doneAt }
      return { request, at, identifier, taken, notTaken, notTakenStatuses, delivery }
    },
  )

export type StatusConfig = z.output<typeof statusSchema>
