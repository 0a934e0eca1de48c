/**
 * Why the engine itself failed a recipient: the whole vocabulary of `failure_reason` where no operator decided (an empty
 * provider). Programs of several versions compare these words, so that they never change.
 */
export const FAILURE_REASONS = {
  refusedByAll: 'every operator refused it',
  notTaken: 'no operator took it',
  unconfirmed: 'no operator confirmed it',
  expired: 'expired',
  expiredUnconfirmed: 'expired, and no operator confirmed it',
  noRoute: 'no route',
  noTestOperator: 'no test operator',
  decidedByHand: 'not sent: decided by hand',
} as const

export type FailureReason = (typeof FAILURE_REASONS)[keyof typeof FAILURE_REASONS]
