import type { Receipt, ReceiptReader } from '../contract.ts'
import { MESSAGE_ID_LENGTH_MAX, REFERENCE_LENGTH_MAX } from '../http/protocol.ts'
import { RECEIPTS_MAX, UNREADABLE } from '../http/receipts.ts'
import { readDocument, valueAt, wordAt } from './readDocument.ts'
import { readTime } from './readTime.ts'
import type { ReceiptFormat, TemplateReceipts } from './receiptsConfig.ts'

const WORD_LENGTH_MAX = 100

/** Reads one field of one receipt. */
type Field = (name: string) => string | undefined

/** Receipts over HTTP in the form that the operators' file describes. */
export const templateReceipts: ReceiptReader = {
  pack({ query, body }, { format }: TemplateReceipts) {
    const place = format?.from === 'query' ? 'query' : 'body'
    const raw = place === 'query' ? Buffer.from(query) : body
    return raw.length === 0 ? { fault: `The ${place} is empty.` } : { raw }
  },
  read: (raw, { format, timeZone }: TemplateReceipts) =>
    format
      ? readReceipts(format, raw, timeZone)
      : { fault: 'of an operator that is not configured any more' },
  answer: ({ format }: TemplateReceipts) => format?.answer,
}

/** The receipts of one request, or why none can be read. Never throws. */
export function readReceipts(
  format: ReceiptFormat,
  raw: Uint8Array,
  timeZone: string,
): { receipts: Receipt[] } | { fault: string } {
  const items = itemsOf(format, Buffer.from(raw).toString())
  if ('fault' in items) return items
  if (items.length === 0) return { fault: 'has no receipts' }
  if (items.length > RECEIPTS_MAX) return { fault: `has more than ${RECEIPTS_MAX} receipts` }
  const receipts = items.map((field) => readReceipt(format, field, timeZone))
  if (receipts.every((receipt) => receipt === undefined)) return { fault: 'names no message' }
  return { receipts: receipts.map((receipt) => receipt ?? UNREADABLE) }
}

function itemsOf({ from, items: pointer }: ReceiptFormat, text: string): Field[] | { fault: string } {
  if (from !== 'json') {
    const parameters = new URLSearchParams(text)
    return [(name) => parameters.get(name)?.trim() || undefined]
  }
  const document = readDocument(text)
  if (!document) return { fault: 'is no JSON document' }
  const items = pointer === undefined ? [document] : valueAt(document, pointer)
  if (!Array.isArray(items)) return { fault: `has no array at ${pointer}` }
  return items.map((item) => (name: string) => wordAt(item, name))
}

function readReceipt(format: ReceiptFormat, field: Field, timeZone: string): Receipt | undefined {
  const { identifier, reference, status, error, done_at: doneAt } = format
  const read = (name: string | undefined, lengthMax: number) => {
    const value = name === undefined ? undefined : field(name)
    return value === undefined || value.length > lengthMax ? null : value
  }
  const names = {
    reference: read(reference, REFERENCE_LENGTH_MAX),
    operatorMessageId: read(identifier, MESSAGE_ID_LENGTH_MAX),
  }
  if (names.reference === null && names.operatorMessageId === null) return undefined
  const time = read(doneAt?.at, WORD_LENGTH_MAX)
  return {
    ...names,
    verdict: verdictOf(format, read(status, WORD_LENGTH_MAX) ?? ''),
    code: read(error, WORD_LENGTH_MAX),
    cause: null,
    doneAt: doneAt && time !== null ? readTime(time, doneAt.format, timeZone) : null,
    partNo: null,
  }
}

/** A word that is not configured is no verdict, as one that is not final. */
function verdictOf({ statuses }: ReceiptFormat, text: string): Receipt['verdict'] {
  const word = text.toLowerCase()
  const isOneOf = (words: string[] | undefined) => words?.some((each) => each.toLowerCase() === word) ?? false
  if (isOneOf(statuses.delivered)) return 'delivered'
  return isOneOf(statuses.undelivered) ? 'undelivered' : null
}
