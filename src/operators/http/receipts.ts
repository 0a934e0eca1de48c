import { z } from 'zod'
import type { DeliveryAnswer, Receipt, ReceiptCause, ReceiptReader } from '../contract.ts'
import { MESSAGE_ID_LENGTH_MAX, REFERENCE_LENGTH_MAX } from './protocol.ts'
import { readJson } from './readJson.ts'

/** Of one request. */
export const RECEIPTS_MAX = 1_000
const CODE_CHARS_MAX = 50

const text = (lengthMax: number) =>
  z
    .union([z.string(), z.number()])
    .transform((value) => String(value).trim())
    .pipe(z.string().min(1).max(lengthMax))

/** Only what decides is required; a member that decides nothing cannot void a receipt. */
const receiptSchema = z.object({
  reference: text(REFERENCE_LENGTH_MAX).nullish().catch(null),
  message_id: text(MESSAGE_ID_LENGTH_MAX).nullish().catch(null),
  status: z.string(),
  error_code: text(CODE_CHARS_MAX).nullish().catch(null),
  done_at: z.string().nullish().catch(null),
})

interface Meaning {
  verdict: Receipt['verdict']
  cause: ReceiptCause | null
}

const PENDING: Meaning = { verdict: null, cause: null }
const undelivered = (cause: ReceiptCause | null): Meaning => ({ verdict: 'undelivered', cause })

/** Status words in lower case: the protocol's own, and the abbreviations of SMPP's texts. */
export const RECEIPT_STATUSES: Readonly<Record<string, Meaning>> = {
  delivered: { verdict: 'delivered', cause: null },
  delivrd: { verdict: 'delivered', cause: null },
  undelivered: undelivered(null),
  undeliv: undelivered(null),
  undeliverable: undelivered(null),
  failed: undelivered(null),
  expired: undelivered('expired'),
  deleted: undelivered('deleted'),
  rejected: undelivered('rejected'),
  rejectd: undelivered('rejected'),
  accepted: PENDING,
  acceptd: PENDING,
  enroute: PENDING,
  buffered: PENDING,
  buffrd: PENDING,
  buffred: PENDING,
  sent: PENDING,
  unknown: PENDING,
}

/** Receipts over HTTP as docs/operator-protocol.md words them: a JSON object, or an array of up to a thousand. */
export const httpReceipts: ReceiptReader = {
  pack({ body }) {
    const json = readJson(body.toString('utf8'))
    const receipts = Array.isArray(json) ? (json as unknown[]) : [json]
    if (receipts.length === 0 || !receipts.every(isObject))
      return { fault: 'The body has to be a receipt, a JSON object, or an array of them.' }
    if (receipts.length > RECEIPTS_MAX)
      return { fault: `At most ${RECEIPTS_MAX} receipts in one request, got ${receipts.length}.` }
    return { raw: body }
  },
  read(raw) {
    const json = readJson(Buffer.from(raw).toString('utf8'))
    const receipts = (Array.isArray(json) ? (json as unknown[]) : [json]).map(readReceipt)
    if (receipts.every((receipt) => receipt === undefined)) return { fault: 'unreadable' }
    return { receipts: receipts.map((receipt) => receipt ?? UNREADABLE) }
  },
}

/** @returns a receipt of any protocol in this one's form. */
export function encodeReceipt(receipt: Receipt): Buffer {
  const { reference, operatorMessageId, code, doneAt } = receipt
  const json = {
    ...(reference !== null && { reference }),
    ...(operatorMessageId !== null && { message_id: operatorMessageId }),
    status: statusOf(receipt),
    ...(code !== null && { error_code: code }),
    ...(doneAt && { done_at: doneAt.toISOString() }),
  }
  return Buffer.from(JSON.stringify(json))
}

/** @returns the same of several, at most RECEIPTS_MAX. */
export function encodeReceipts(receipts: readonly Receipt[]): Buffer {
  return Buffer.from(`[${receipts.map((receipt) => encodeReceipt(receipt).toString()).join()}]`)
}

/** The first word that means the same; a cause that no word has is lost, but its code is not. */
function statusOf({ verdict, cause }: Receipt): string | undefined {
  const words = Object.entries(RECEIPT_STATUSES).filter(([, meaning]) => meaning.verdict === verdict)
  const [word] = words.find(([, meaning]) => meaning.cause === cause) ?? words[0] ?? []
  return word
}

/** Of an array with others that can be read. It matches nothing. */
export const UNREADABLE: Receipt = {
  ...{ reference: null, operatorMessageId: null, verdict: null, code: null, cause: null, doneAt: null },
  partNo: null,
}

/** An operator may write any word, such as one that every object has a member of. */
function meaningOf(status: string) {
  const word = status.trim().toLowerCase()
  return Object.hasOwn(RECEIPT_STATUSES, word) ? RECEIPT_STATUSES[word] : undefined
}

function readReceipt(json: unknown): Receipt | undefined {
  const parsed = receiptSchema.safeParse(json)
  if (!parsed.success) return undefined
  const { reference, message_id, status, error_code, done_at } = parsed.data
  const meaning = meaningOf(status)
  if (!meaning || ((reference ?? null) === null && (message_id ?? null) === null)) return undefined
  return {
    ...meaning,
    reference: reference ?? null,
    operatorMessageId: message_id ?? null,
    code: error_code ?? null,
    doneAt: toDate(done_at),
    partNo: null,
  }
}

/** @returns what `delivery` of a status says; undefined while it is nothing final. */
export function readDelivery(json: unknown): DeliveryAnswer | undefined {
  const { data } = receiptSchema.safeParse(json)
  const meaning = data && meaningOf(data.status)
  if (!meaning || meaning.verdict === null) return undefined
  const { verdict, cause } = meaning
  return { verdict, cause, code: data.error_code ?? null, doneAt: toDate(data.done_at) }
}

function toDate(text: string | null | undefined): Date | null {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? null : new Date(ms)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
