import { z } from 'zod'
import { pointer, words } from './answerConfig.ts'
import { checkBody, requestMembers } from './sendConfig.ts'

const HTTP_STATUS_MIN = 400
const HTTP_STATUS_MAX = 499

/**
 * How an operator is asked what became of a message, and which answers in JSON say that it has it or does not. Any other
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
    /** HTTP statuses by which it says that it has no such message. */
    not_taken_statuses: z.array(z.int().min(HTTP_STATUS_MIN).max(HTTP_STATUS_MAX)).default([]),
  })
  .superRefine(checkBody)
  .superRefine(({ taken, not_taken = [] }, check) => {
    const lower = new Set(taken.map((word) => word.toLowerCase()))
    const twice = not_taken.find((word) => lower.has(word.toLowerCase()))
    if (twice !== undefined) check.addIssue({ code: 'custom', message: `lists "${twice}" twice` })
  })
  .transform(({ at, identifier, taken, not_taken = [], not_taken_statuses, ...request }) => {
    return { request, at, identifier, taken, notTaken: not_taken, notTakenStatuses: not_taken_statuses }
  })

export type StatusConfig = z.output<typeof statusSchema>
