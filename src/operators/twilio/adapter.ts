import type { OperatorAdapter, Submission } from '../contract.ts'
import { locate, openConnections } from '../http/connections.ts'
import { compileAnswer } from '../httpTemplate/decide.ts'
import { interpretAnswer, meaningsByStatus } from '../httpTemplate/interpret.ts'
import { TWILIO_ANSWER } from './answer.ts'
import type { TwilioOptions } from './config.ts'

/**
 * Twilio's Messages API: one message a request; a callback is found by Twilio's identifier, because it keeps no
 * reference of ours. Throws a TypeError for a URL that it cannot use; `close` waits for calls in flight.
 */
export function twilioAdapter(operator: { name: string } & TwilioOptions): OperatorAdapter {
  const { name, url, connections, idleTimeoutMs, accountSid } = operator
  const { origin, path } = locate(url)
  const pool = openConnections(origin, { connections, idleTimeoutMs })
  const request = {
    method: 'POST',
    path: `${path}/2010-04-01/Accounts/${accountSid}/Messages.json`,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      authorization: authorizationOf(operator),
    },
  } as const
  const interpreter = {
    decide: compileAnswer(TWILIO_ANSWER, { namesParts: false }),
    meaningOfStatus: meaningsByStatus(TWILIO_ANSWER.statuses),
  }
  return {
    name,
    batchSizeMax: 1,
    callsInFlightMax: connections,
    async submit([submission], timeoutMs) {
      if (!submission) return { kind: 'answered', results: [] }
      const body = writeForm(operator, submission)
      return interpretAnswer(interpreter, await pool.exchange({ ...request, body, timeoutMs }))
    },
    close: () => pool.close(),
  }
}

function authorizationOf({ accountSid, authToken, apiKey }: TwilioOptions): string {
  const pair = apiKey ? `${apiKey.sid}:${apiKey.secret}` : `${accountSid}:${authToken}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function writeForm(operator: TwilioOptions, { to, from, text }: Submission): string {
  const { messagingServiceSid, statusCallback } = operator
  const form = new URLSearchParams({ To: to.startsWith('+') ? to : `+${to}`, Body: text.toWellFormed() })
  if (from !== null) form.set('From', from)
  else if (messagingServiceSid !== null) form.set('MessagingServiceSid', messagingServiceSid)
  if (statusCallback !== null) form.set('StatusCallback', statusCallback)
  return form.toString()
}
