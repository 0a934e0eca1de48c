import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { NUMBER_BASE } from '../../generator/requests.ts'

export interface Bulk {
  customerId: number
  requests: number
  /** Of each request. */
  recipients: number
  /** The customer's key; none where the engine is open. */
  apiKey?: string
}

/** One customer's connections: enough that a request is always in flight. */
const CONNECTIONS = 4
const RETRY_MS = 100
/** A request of 10,000 recipients takes at most a second. */
const ANSWER_TIMEOUT_MS = 60_000
const TEXT = 'Our shop opens at 8 on Monday.'

/** Sends normal requests as fast as they are accepted; an overloaded engine gets the same request again. */
export async function offerBulk(
  apiUrl: string,
  { customerId, requests, recipients, apiKey }: Bulk,
): Promise<void> {
  const pool = new Pool(apiUrl, { connections: CONNECTIONS, headersTimeout: ANSWER_TIMEOUT_MS })
  const bodyOf = (request: number) =>
    JSON.stringify({
      ...{ customer_id: customerId, text: TEXT, type: 'normal' },
      recipients: Array.from(
        { length: recipients },
        (_, no) => `+${NUMBER_BASE + request * recipients + no}`,
      ),
    })
  const send = async (body: string): Promise<void> => {
    const headers = {
      'content-type': 'application/json',
      ...(apiKey !== undefined && { 'x-api-key': apiKey }),
    }
    const answer = await pool.request({ method: 'POST', path: '/sms/send', headers, body })
    const text = await answer.body.text()
    if (answer.statusCode === 200) return
    if (answer.statusCode !== 503) throw new Error(`POST /sms/send answered ${answer.statusCode}: ${text}`)
    await pause(RETRY_MS)
    return send(body)
  }
  try {
    const waiting = Array.from({ length: requests }, (_, request) => request).values()
    const worker = async () => {
      for (const request of waiting) await send(bodyOf(request))
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  } finally {
    await pool.close()
  }
}
