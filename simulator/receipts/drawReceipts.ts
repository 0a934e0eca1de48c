import type { Behaviour } from '../behaviour.ts'
import type { Random } from '../random.ts'

/** A receipt as docs/operator-protocol.md words it. */
export interface WireReceipt {
  reference?: string
  message_id?: string
  status: string
  error_code?: string
  done_at: string
}

/** What is sent of one message that was taken, and when. */
export interface DrawnReceipts {
  receipts: { receipt: WireReceipt; afterMs: number }[]
  /** Its true result; null when no final receipt of it is sent. */
  truth: 'delivered' | 'undelivered' | null
}

export type ReceiptBehaviour = Pick<
  Behaviour,
  | 'receiptRate'
  | 'receiptBy'
  | 'receiptDelay'
  | 'undeliveredRate'
  | 'undeliveredCode'
  | 'receiptEarlyRate'
  | 'receiptRepeatRate'
  | 'receiptIntermediateRate'
  | 'receiptContradictRate'
  | 'receiptUnknownRate'
  | 'receiptRecodedRate'
  | 'receiptRecoding'
>

/** Later than any receipt of the same message, so that the first one is the true one. */
const CONTRADICTING_AFTER_MS = 2_000

/** Draws the receipts of a message. As many chances are drawn for each, so that no setting shifts those of others. */
export function drawReceipts(
  behaviour: ReceiptBehaviour,
  message: { reference: string; messageId: string },
  random: Random,
  nowMs: number,
): DrawnReceipts {
  const chances = Array.from({ length: 9 }, random)
  const happens = (index: number, rate: number) => (chances[index] ?? 1) < rate
  const delayMs = happens(0, behaviour.receiptEarlyRate) ? 0 : delayOf(behaviour, chances[1] ?? 0)
  const truth = happens(2, behaviour.undeliveredRate) ? 'undelivered' : 'delivered'
  const final = receiptOf(
    behaviour,
    message,
    truth,
    nowMs + delayMs,
    happens(3, behaviour.receiptRecodedRate),
  )
  const receipts: DrawnReceipts['receipts'] = []
  if (happens(4, behaviour.receiptUnknownRate)) {
    const stranger = { reference: `x${message.reference}`, message_id: `${message.messageId}?` }
    receipts.push({ receipt: { ...final, ...stranger }, afterMs: delayMs })
  }
  if (!happens(5, behaviour.receiptRate)) return { receipts, truth: null }
  if (happens(6, behaviour.receiptIntermediateRate))
    receipts.push({ receipt: { ...final, status: 'enroute' }, afterMs: delayMs / 2 })
  receipts.push({ receipt: final, afterMs: delayMs })
  if (happens(7, behaviour.receiptRepeatRate)) {
    receipts.push({ receipt: final, afterMs: delayMs }, { receipt: final, afterMs: delayMs * 2 })
  }
  if (happens(8, behaviour.receiptContradictRate)) {
    const status = truth === 'delivered' ? 'undelivered' : 'delivered'
    receipts.push({ receipt: { ...final, status }, afterMs: delayMs * 2 + CONTRADICTING_AFTER_MS })
  }
  return { receipts, truth }
}

function receiptOf(
  { receiptBy, undeliveredCode, receiptRecoding }: ReceiptBehaviour,
  { reference, messageId }: { reference: string; messageId: string },
  truth: 'delivered' | 'undelivered',
  doneAtMs: number,
  isRecoded: boolean,
): WireReceipt {
  const name = isRecoded ? recode(messageId, receiptRecoding) : messageId
  return {
    ...(receiptBy === 'reference' ? { reference } : { message_id: name }),
    status: truth,
    ...(truth === 'undelivered' && undeliveredCode !== '' ? { error_code: undeliveredCode } : {}),
    done_at: new Date(doneAtMs).toISOString(),
  }
}

/** By `notation` a hexadecimal identifier is in decimal, any other one in the other case. */
export function recode(messageId: string, recoding: Behaviour['receiptRecoding'] = 'notation'): string {
  if (recoding === 'leading-zeros') return `00${messageId}`
  if (recoding === 'notation' && /^[0-9a-f]+$/i.test(messageId)) return BigInt(`0x${messageId}`).toString(10)
  const upper = messageId.toUpperCase()
  return upper === messageId ? messageId.toLowerCase() : upper
}

function delayOf({ receiptDelay: { minMs, maxMs } }: ReceiptBehaviour, chance: number): number {
  return minMs + chance * (maxMs - minMs)
}
