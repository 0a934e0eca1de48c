import type { SmsState } from '../../db/schema.ts'

/**
 * The legal ways of a recipient; nothing writes `status` but through it. sending to sending is a claim after a
 * lease that ran out; sending to pending is a release: to be tried again through the outbox.
 */
export const TRANSITIONS: Readonly<Record<SmsState, readonly SmsState[]>> = {
  pending: ['sending'],
  sending: ['sending', 'pending', 'done', 'failed'],
  done: [],
  failed: [],
}

export function isTerminal(status: SmsState): boolean {
  return TRANSITIONS[status].length === 0
}

/** Called with rows read under their lock: an illegal step is a fault of ours and rolls the transaction back. */
export function assertTransition(from: SmsState, to: SmsState): void {
  if (!TRANSITIONS[from].includes(to)) throw new Error(`a recipient cannot go from ${from} to ${to}`)
}
