import type { Request, Response } from 'express'
import { PROTOCOLS } from '../../operators/index.ts'
import { answerJson, answerNothing, answerText, note } from '../../platform/http/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { checkSignature, SECRET_PARAMETER } from '../authenticate.ts'
import type { ReceiptSender } from '../index.ts'
import type { ReceiptActions } from './actions.ts'

const QUERY_CHARS_MAX = 4_096

/** The query as it was sent. A secret in it belongs to the address, and is never stored. */
export function queryOf({ originalUrl }: Request): { all: URLSearchParams; toStore: string } {
  const start = originalUrl.indexOf('?')
  const query = start < 0 ? '' : originalUrl.slice(start + 1, start + 1 + QUERY_CHARS_MAX)
  const isSecret = (pair: string) => new URLSearchParams(pair).has(SECRET_PARAMETER)
  const toStore = query
    .split('&')
    .filter((pair) => !isSecret(pair))
    .join('&')
  return { all: new URLSearchParams(query), toStore }
}

/** Stores what an operator sent, and answers it as it wants to be answered. @throws Problem 400 or 403. */
export async function takeReceipts(
  actions: ReceiptActions,
  sender: ReceiptSender,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const { name, protocol, receipts } = sender
  note(response, { operator: name })
  const reader = PROTOCOLS[protocol].receipts
  const incoming = {
    query: queryOf(request).toStore,
    contentType: request.headers['content-type'],
    // A GET has none.
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  }
  const packed = reader.pack(incoming, receipts)
  if ('fault' in packed) throw malformedReceipts(packed.fault)
  const check = () => checkSignature(sender, request.headers, packed.raw)
  counted(actions, actions.sourceOf(request), check)
  await actions.storeReceipts({ operator: name, protocol, raw: packed.raw })
  const answer = reader.answer?.(receipts)
  if (!answer) answerJson(response, { status: 'stored' })
  else if (answer.body === '') answerNothing(response, answer.status)
  else answerText(response, { status: answer.status, type: 'text/plain; charset=utf-8' }, answer.body)
}

export function malformedReceipts(detail: string): Problem {
  return new Problem(400, 'malformed_receipts', detail)
}

/** A refusal of what is or pretends to be an operator is counted. */
export function counted<T>({ receiptEvents }: ReceiptActions, source: string, authenticate: () => T): T {
  try {
    return authenticate()
  } catch (error) {
    if (error instanceof Problem) receiptEvents.refused({ code: error.code, source })
    throw error
  }
}
