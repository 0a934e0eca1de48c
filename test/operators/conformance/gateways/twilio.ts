import type { Dialect, GatewayAnswer } from '../gateway.ts'

export const ACCOUNT_SID = `AC${'0123456789abcdef'.repeat(2)}`

function fault(status: number, code: number, message: string): GatewayAnswer {
  const more = `https://www.twilio.com/docs/errors/${code}`
  return { status, headers: TYPE, body: JSON.stringify({ code, message, more_info: more, status }) }
}

const TYPE = { 'content-type': 'application/json' }

/** As Twilio's documentation of its Messages resource says. */
export const TWILIO: Dialect = {
  read({ method, path, headers, body }) {
    if (`${method} ${path}` !== `POST /2010-04-01/Accounts/${ACCOUNT_SID}/Messages.json`)
      return fault(404, 20404, 'The requested resource was not found')
    if (headers.authorization !== `Basic ${Buffer.from(`${ACCOUNT_SID}:token`).toString('base64')}`)
      return fault(401, 20003, 'Authenticate')
    const form = new URLSearchParams(body)
    const [to, text, from] = [form.get('To'), form.get('Body'), form.get('From')]
    if (!to?.startsWith('+')) return fault(400, 21211, "The 'To' number is not a valid phone number.")
    if (!from && !form.has('MessagingServiceSid'))
      return fault(400, 21603, "A 'From' phone number is required.")
    if (form.get('StatusCallback') !== 'https://sms.example/webhooks/twilio')
      return fault(400, 21609, 'StatusCallback')
    return { to, text: text ?? '', from }
  },
  accepted: (identifier, { to, text }) => ({
    status: 201,
    headers: TYPE,
    body: JSON.stringify({
      ...{ sid: `SM${identifier.padStart(32, '0').toLowerCase()}`, status: 'queued', to, body: text },
      ...{ error_code: null, error_message: null, num_segments: '1', account_sid: ACCOUNT_SID },
    }),
  }),
  rejected: () => fault(400, 21211, "The 'To' number is not a valid phone number."),
  throttled: () => fault(429, 20429, 'Too Many Requests'),
  outOfService: fault(503, 20503, 'Service Unavailable'),
  failed: fault(500, 20500, 'Internal Server Error'),
  refused: fault(400, 21408, 'Permission to send an SMS has not been enabled for the region'),
  odd: () => ({ status: 201, headers: TYPE, body: JSON.stringify({ sid: null, status: 'queued' }) }),
}
