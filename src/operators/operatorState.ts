/**
 * What a person made of an operator.
 * - active: it is called.
 * - paused: it is not called, and its connections stay.
 * - drained: it is not called, and its connections are closed once the calls in flight have ended.
 */
export const OPERATOR_STATES = ['active', 'paused', 'drained'] as const
export type OperatorState = (typeof OPERATOR_STATES)[number]
