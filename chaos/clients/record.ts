import type { MessageClass } from '../../src/primitives/messageClass.ts'

/**
 * What a client knows of one request afterwards.
 * - accepted: answered 200. It must be there, once, for its price.
 * - refused: answered 4xx, or 503 other than `outcome_unknown`. It must have changed nothing.
 * - unknown: no answer, or `outcome_unknown`. It must be there wholly, once, or not at all.
 */
export type Answered = 'accepted' | 'refused' | 'unknown'

export interface Sent {
  /** In the text of the message, and nowhere else: what a request is known by in the tables. */
  mark: string
  customer: number
  type: MessageClass
  recipients: number
  /** The first recipient's number; each next one's is one more. */
  firstNumber: number
  answered: Answered
  /** As in `402 insufficient_balance`; empty while it is under way. */
  label: string
  /** What the answer named, if it did. */
  smsIdentifier?: string
  cost?: number
}

export interface ToppedUp {
  /** In the description. */
  mark: string
  customer: number
  amount: number
  answered: Answered
}

export interface ClientRecord {
  sent: Sent[]
  toppedUp: ToppedUp[]
  /** Answers by status and code, `200` and `503 overloaded`; and `no answer`. */
  answers: Map<string, number>
}

/** A recipient's number, in international form. @param recipientNo from 1 */
export function numberOf({ firstNumber }: Pick<Sent, 'firstNumber'>, recipientNo: number): string {
  return `98${String(firstNumber + recipientNo - 1).padStart(10, '0')}`
}

export function numbersOf(sent: Pick<Sent, 'firstNumber' | 'recipients'>): string[] {
  return Array.from({ length: sent.recipients }, (_, index) => numberOf(sent, index + 1))
}

export function noteAnswer({ answers }: ClientRecord, label: string): void {
  answers.set(label, (answers.get(label) ?? 0) + 1)
}

export function openRecord(): ClientRecord {
  return { sent: [], toppedUp: [], answers: new Map() }
}
