import { Problem } from '../primitives/problem.ts'

/** What goes to the callback_url of a message is signed with a secret of the customer, which it has to have first. */
export function callbackSecretRequired(): Problem {
  return new Problem(
    409,
    'callback_secret_required',
    'A message with a callback_url needs a secret that signs its events: create it with POST /v1/webhooks/callback-secret.',
  )
}
