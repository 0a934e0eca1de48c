/**
 * The engine refuses by these, and by no others. `no answer` and `no connection` are what a client notes of a process that is gone or that it
 * left, `404 not_found` the answer of a program without `/v1`.
 */
const PLANNED = /^(?:200|402 insufficient_balance|408 request_timeout|503 \w+|no answer|no connection)$/
/** Of each kind of request of clients with keys, beside what all of them may be answered. */
const WITH_KEY: Record<string, RegExp> = {
  'with key': /^(?:202|202 replayed|send_at has passed|402 spend_limit)$/,
  cancel: /^(?:200|409 not_cancellable)$/,
  bulk: /^(?:202|202 replayed|202 none accepted|one of all or nothing is wrong|send_at has passed|402 spend_limit)$/,
  'in a bulk':
    /^(?:accepted|wrong number|send_at has passed|spend_limit|unavailable|account_locked|outcome_unknown)$/,
  'read bulk': /^200$/,
  'cancel bulk': /^(?:200|409 not_cancellable)$/,
  'top-up with key': /^(?:200|200 replayed)$/,
  events: /^(?:200|201)$/,
}
const WITH_ANY_KEY = /^(?:404 not_found|408 request_timeout|503 \w+|no answer|no connection)$/

export function isPlanned(label: string): boolean {
  const [kind = '', answer] = label.split(': ')
  if (answer === undefined) return PLANNED.test(label)
  return WITH_KEY[kind] !== undefined && (WITH_KEY[kind].test(answer) || WITH_ANY_KEY.test(answer))
}
