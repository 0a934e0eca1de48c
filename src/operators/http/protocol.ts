import { z } from 'zod'

/**
 * The HTTP contract between Chapar and an operator, as docs/operator-protocol.md words it. Adapter and simulator read
 * it from here, so that they cannot drift apart.
 */

export const SUBMIT_PATH = '/messages'

export const BATCH_SIZE_MAX = 100

/** A hundred texts of 1,600 characters that JSON writes with six bytes each, and their envelopes. */
export const SUBMISSION_BYTES_MAX = 1_048_576

/** A hundred answers with the longest names and a generous reason each; more is not an answer to our call. */
export const ANSWER_BYTES_MAX = 131_072

export const REFERENCE_LENGTH_MAX = 64
/** The width of the column that keeps it. */
export const MESSAGE_ID_LENGTH_MAX = 64

const reference = z.string().min(1).max(REFERENCE_LENGTH_MAX)

export const submissionSchema = z.object({
  reference,
  to: z.string().regex(/^\+?[0-9]{5,15}$/),
  text: z.string().min(1),
})

/** Visible ASCII: the name is stored, and one that a column refuses would spoil the settlement of its neighbours. */
const messageId = z
  .string()
  .max(MESSAGE_ID_LENGTH_MAX)
  .regex(/^[\x21-\x7e]+$/)

const reason = z.string().nullish()

export const answerSchema = z.discriminatedUnion('status', [
  z.object({ reference, status: z.literal('accepted'), message_id: messageId }),
  z.object({ reference, status: z.literal('rejected'), reason }),
  z.object({ reference, status: z.literal('unavailable'), reason }),
])

/** The body of an answer that is not 2xx; all of it may be missing. */
export const refusalSchema = z.object({ reason: z.string() })

export type Answer = z.infer<typeof answerSchema>
