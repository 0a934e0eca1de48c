import { conforms } from './conforms.ts'
import type { Operation } from './operations.ts'

/** The effect of a request on a customer's balance when it is answered with 200. */
export interface Effect {
  kind: 'charge' | 'topup'
  customerId: number
  /** Signed. */
  amount: number
  /** The text or the description: with the other fields it identifies the request in the tables. */
  words: string
}

export interface Prices {
  normal: number
  express: number
}

interface SendBody {
  customer_id: number
  text: string
  recipients: string[]
  type: keyof Prices
}

interface AddBody {
  user_id: number
  balance: number
  description?: string
}

/** @returns the effect of a body by the published contract alone; undefined for a body that violates it. */
export function effectOf(operation: Operation, body: Buffer, prices: Prices): Effect | undefined {
  if (!operation.body || !movesMoney(operation)) return undefined
  const value = parse(body)
  if (!conforms(operation.body, value)) return undefined
  switch (operation.path) {
    case '/sms/send':
      return chargeOf(value as SendBody, prices)
    case '/balance/add':
      return topUpOf(value as AddBody)
    default:
      throw new Error(`${operation.path} takes a body whose effect on the balance is not defined here`)
  }
}

/**
 * What is under `/v1` changes keys and customers; the key's customer has no money to send with, so that only its test
 * messages are accepted, and a top-up meets no customer. A receipt moves no money.
 */
export function movesMoney({ path, body }: Operation): boolean {
  return body !== undefined && !path.startsWith('/v1/') && !path.startsWith('/operators/')
}

function chargeOf({ customer_id, text, recipients, type }: SendBody, prices: Prices): Effect {
  const digits = new Set(recipients.map((recipient) => recipient.replace('+', '')))
  return { kind: 'charge', customerId: customer_id, amount: -digits.size * prices[type], words: text }
}

function topUpOf({ user_id, balance, description = '' }: AddBody): Effect {
  return { kind: 'topup', customerId: user_id, amount: balance, words: description }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}
