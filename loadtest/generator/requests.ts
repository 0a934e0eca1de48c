import { randomUUID } from 'node:crypto'
import { drawCustomers } from './draw.ts'
import type { GeneratorPlan } from './plan.ts'
import { requestsOf } from './timetable.ts'

/** One request, as it goes on the wire. It is ASCII, so its length is its bytes. */
export interface Outgoing {
  /** Of the customer: 0 is the first one. */
  customer: number
  text: string
}

/** The country code +999 is not assigned: even at a real operator, no telephone rings. */
export const NUMBER_BASE = 99_900_000_000_000
/** Numbers repeat after this many. Within a request they are distinct. */
const NUMBERS = 100_000_000_000
/** Multiples of it modulo 1 are evenly distributed and have no period. */
const GOLDEN = 0.618_033_988_749_895

/**
 * @returns the request of an index. Call it in the order 0, 1, 2 and so on, because the customers are drawn in order.
 */
export function writeRequests(plan: GeneratorPlan): (index: number) => Outgoing {
  const { customerFirst, recipientsPerRequest, expressShare } = plan
  const draw = drawCustomers(plan)
  const write = writerOf(plan)
  return (index) => {
    const customer = draw()
    const type = (index * GOLDEN) % 1 < expressShare ? 'express' : 'normal'
    let recipients = ''
    for (let no = 0; no < recipientsPerRequest; no++) {
      const serial = (index * recipientsPerRequest + no) % NUMBERS
      recipients += `${no === 0 ? '' : ','}"+${NUMBER_BASE + serial}"`
    }
    return { customer, text: write({ index, customer: customerFirst + customer, type, recipients }) }
  }
}

/** `customer`: its number. `recipients`: the items of a JSON list. */
interface Content {
  index: number
  customer: number
  type: string
  recipients: string
}

/** W3C Trace Context of a client that records nothing. */
const UNTRACED = `traceparent: 00-${'1'.repeat(32)}-${'1'.repeat(16)}-00\r\n`

function writerOf({ baseUrl, text, apiKeyPrefix, isUntraced }: GeneratorPlan): (content: Content) => string {
  const { host } = new URL(baseUrl)
  const middle = `"text":${asciiJson(text)},"type":`
  const common = `host: ${host}\r\ncontent-type: application/json\r\n${isUntraced ? UNTRACED : ''}`
  const finish = (head: string, body: string) => `${head}content-length: ${body.length}\r\n\r\n${body}`
  if (apiKeyPrefix === undefined) {
    const head = `POST /sms/send HTTP/1.1\r\n${common}`
    return ({ customer, type, recipients }) =>
      finish(head, `{"customer_id":${customer},${middle}"${type}","recipients":[${recipients}]}`)
  }
  // Two loads on one database must not repeat each other's keys.
  const run = randomUUID()
  const head = `POST /v1/messages HTTP/1.1\r\n${common}x-api-key: ${apiKeyPrefix}`
  return ({ index, customer, type, recipients }) =>
    finish(
      `${head}${customer}\r\nidempotency-key: ${run}-${index}\r\n`,
      `{${middle}"${type}","to":[${recipients}]}`,
    )
}

/**
 * @returns how many requests each customer sends in all, warm-up included: the first one, the second and so on. The
 * draw is repeated, so this is exact; it is what the balances have to cover.
 */
export function countByCustomer(plan: GeneratorPlan): Uint32Array {
  const counts = new Uint32Array(plan.customerLast - plan.customerFirst + 1)
  const draw = drawCustomers(plan)
  const { warmUp, measured } = requestsOf(plan)
  for (let request = 0; request < warmUp + measured; request++) {
    const customer = draw()
    counts[customer] = (counts[customer] ?? 0) + 1
  }
  return counts
}

/** JSON that holds ASCII only, so that characters can be counted as bytes. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
