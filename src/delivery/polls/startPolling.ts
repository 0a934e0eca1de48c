import type { Operator } from '../../operators/index.ts'
import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import { pollDue } from './pollDue.ts'
import type { PollContext } from './pollDue.ts'

const IDLE_POLL_MS = 500
/** While no operator is asked there is nothing to do but to end what was asked before. */
const UNUSED_POLL_MS = 60_000

export interface PollingSettings extends Omit<PollContext, 'operatorOf'> {
  /** Operators that may be called now. */
  operatorsOf: (type: MessageClass) => readonly Operator[]
  after?: After | undefined
}

/** Asks operators that send no receipts. Any number of consumers may do so. */
export function startPolling({ operatorsOf, after, ...others }: PollingSettings): Loop {
  // Questions must not use up the pace of express, where an operator serves both classes (invariant 5).
  const all = () => [...operatorsOf('normal'), ...operatorsOf('express')]
  const context = { ...others, operatorOf: (wanted: string) => all().find(({ name }) => name === wanted) }
  const isNeeded = () => all().some(({ receiptPoll }) => receiptPoll)
  return startLoop({
    idleMs: () => (isNeeded() ? IDLE_POLL_MS : UNUSED_POLL_MS),
    onError: (error, retryInMs) => context.events.pollFailed(error, retryInMs),
    ...(after && { after }),
    runOnce: (stopping) => pollDue(context, stopping),
  })
}
