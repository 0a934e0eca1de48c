import { z } from 'zod'

/**
 * The HTTP contract between Chapar and an operator, as docs/operator-protocol.md words it. Adapter and simulator read
 * it from here, so that they cannot drift apart.
 */

export const SUBMIT_PATH = '/messages'
/** An operator need not have it. */
export const STATUS_PATH = '/messages/status'

export const BATCH_SIZE_MAX = 100

/** A hundred texts of 1,600 characters that JSON writes with six bytes each, and their envelopes. */
export const SUBMISSION_BYTES_MAX = 1_048_576

/** A hundred answers with the longest identifiers and a generous reason each; more is not an answer to our call. */
export const ANSWER_BYTES_MAX = 131_072

export const REFERENCE_LENGTH_MAX = 64
/** The width of the column that keeps it. */
export const MESSAGE_ID_LENGTH_MAX = 64

/** A number of 15 digits with its plus; a name is shorter. */
export const SENDER_LENGTH_MAX = 16

export const submissionSchema = z.object({
  reference: z.string().min(1).max(REFERENCE_LENGTH_MAX),
  to: z.string().regex(/^\+?[0-9]{5,15}$/),
  from: z.string().min(1).max(SENDER_LENGTH_MAX).nullish(),
  text: z.string().min(1),
})

/** A message as the call has it. */
export type WireMessage = z.output<typeof submissionSchema>

/** What an answer says of one message. Only `reference` and `status` decide; the rest is read if it can be. */
export interface Answer {
  reference: string
  status: 'accepted' | 'rejected' | 'unavailable' | 'throttled'
  message_id?: unknown
  reason?: unknown
}

/** Status words come in any case: a clear result must not count as unknown, which would send the message again. */
export const answerSchema = z.object({
  reference: z.string(),
  status: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['accepted', 'rejected', 'unavailable', 'throttled'])),
  message_id: z.unknown().optional(),
  reason: z.unknown().optional(),
})
