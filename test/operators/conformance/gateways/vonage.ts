import type { Dialect, GatewayAnswer } from '../gateway.ts'

const TYPE = { 'content-type': 'application/json' }

/** Always 200; each element of `messages` has a status of its own. */
function messages(...elements: object[]): GatewayAnswer {
  const body = JSON.stringify({ 'message-count': String(elements.length), messages: elements })
  return { status: 200, headers: TYPE, body }
}

const element = (identifier: string, to: string) => {
  return { to, 'message-id': identifier, status: '0', 'message-price': '0.03330000' }
}

const fault = (status: string, text: string) => messages({ status, 'error-text': text })

/** As Vonage's documentation of its SMS API says. */
export const VONAGE: Dialect = {
  read({ method, path, headers, body }) {
    if (`${method} ${path}` !== 'POST /sms/json') return { status: 404 }
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return { status: 415 }
    const form = new URLSearchParams(body)
    const [to, text, from] = [form.get('to'), form.get('text'), form.get('from')]
    if (form.get('api_key') !== 'key' || form.get('api_secret') !== 's&cret=')
      return fault('4', 'Bad Credentials')
    if (!to || !text || !/^[0-9]+$/.test(to)) return fault('2', 'Missing to param')
    const isUnicode = form.get('type') === 'unicode'
    // eslint-disable-next-line no-control-regex
    if (!isUnicode && /[^\u0000-\u00ff]/.test(text)) return fault('3', 'Invalid type')
    return { to, text, from }
  },
  acceptedParts: (identifiers, { to }) => messages(...identifiers.map((each) => element(each, to))),
  accepted: (identifier, { to }) => {
    const answer = messages(element(identifier, to))
    // A number is not how Vonage writes it, but how other gateways of this form do.
    return /^\d{17}$/.test(identifier)
      ? { ...answer, body: answer.body?.replace(`"${identifier}"`, identifier) ?? '' }
      : answer
  },
  rejected: () => fault('7', 'Number barred'),
  throttled: () => fault('1', 'Throttled'),
  outOfService: fault('9', 'Partner quota exceeded'),
  failed: fault('5', 'Internal Error'),
  refused: fault('15', 'Invalid sender address'),
  odd: ({ to }) => messages({ to, 'message-id': 'a b', status: '0' }),
}
