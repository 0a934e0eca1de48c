import type { MessageClass } from '../../src/primitives/messageClass.ts'

/** What the tables prove together with the operators' own record. */
export const RECORD_RULES = {
  taken: 'every recipient that is done was taken by an operator',
  known: 'every reference that an operator took is a recipient',
  sent: 'every recipient that an operator took is done, or marked as possibly sent, or unfinished',
  duplicate: 'every recipient that was taken more than once is marked as a possible duplicate',
  held: 'no recipient that is never to be sent twice was taken more than once',
  repeated: 'no recipient was taken more often than it may be submitted',
} as const

export type RecordRule = keyof typeof RECORD_RULES

/** Submissions of one recipient in all, when the results of the earlier ones stay unknown (decision 0017). */
export const SUBMISSIONS_MAX: Record<MessageClass, number> = { normal: 3, express: 2 }
