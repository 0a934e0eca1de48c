import type { Dialect, GatewayAnswer, GatewayMessage } from '../gateway.ts'

function answer(status: number, message: string, entries: object[] | null = null): GatewayAnswer {
  const body = JSON.stringify({ return: { status, message }, entries })
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body }
}

/** Identifiers are numbers: `digits` go into the text as they are. */
function entry(digits: string, { to, text, from }: GatewayMessage, status = 1): GatewayAnswer {
  const fields = {
    message: text,
    status,
    statustext: 'در صف ارسال',
    sender: from ?? '10004346',
    receptor: to,
  }
  const { body = '', ...rest } = answer(200, 'تایید شد', [
    { messageid: '?', ...fields, date: 1356619709, cost: 120 },
  ])
  return { ...rest, body: body.replace('"?"', digits) }
}

/** As Kavenegar's documentation says: its status is that of HTTP too. */
export const KAVENEGAR: Dialect = {
  read({ method, path, body }) {
    if (path === '/v1/wrong/sms/send.json') return answer(403, 'کد شناسائی API-Key معتبر نمی‌باشد')
    if (`${method} ${path}` !== 'POST /v1/k%2Fey/sms/send.json') return answer(404, 'متد نامشخص است')
    const form = new URLSearchParams(body)
    const [receptor, message] = [form.get('receptor'), form.get('message')]
    if (!receptor || !message) return answer(400, 'پارامترها ناقص هستند')
    return { to: receptor, text: message, from: form.get('sender') }
  },
  accepted: (identifier, message) =>
    entry(String(BigInt(/^\d{17}$/.test(identifier) ? identifier : `0x${identifier}`)), message),
  rejected: () => answer(411, 'دریافت کننده نامعتبر است'),
  throttled: () => ({ status: 429, body: '' }),
  outOfService: answer(418, 'اعتبار شما کافی نمی‌باشد'),
  failed: { status: 500, body: 'Internal Server Error' },
  refused: answer(412, 'ارسال کننده نامعتبر است'),
  postponed: { ...entry('77', { to: '1', text: '', from: null }, 6) },
  odd: (message) => entry(`"${'9'.repeat(65)}"`, message),
}
