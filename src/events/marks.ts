/** Where a customer's events go: bits of `user_balances.event_sinks`. */
export const FEED = 1
export const ENDPOINTS = 2
/** A secret signs what goes to the callback_url of a message. */
export const CALLBACKS = 4

/** Of a recipient, `sms_status.makes_events`: its changes are in the log. */
export const LOGGED = 1
/** They go to the message's callback_url too. */
export const CALLED_BACK = 2

/** Whether the changes of a customer make events, whatever its messages say. */
export function keepsEvents(sinks: number): boolean {
  return (sinks & (FEED | ENDPOINTS)) !== 0
}

/** What a message is marked with at its acceptance, from the customer's locked row. 0: it makes no events. */
export function makesEvents(sinks: number, hasCallback: boolean): number {
  if (hasCallback) return LOGGED | CALLED_BACK
  return keepsEvents(sinks) ? LOGGED : 0
}
