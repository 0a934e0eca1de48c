import { verifySignature } from '../operators/index.ts'
import { invalidSignature, sourceCheckOf, sourceNotAllowed } from './authenticate.ts'
import type { ReceiptSender } from './authenticate.ts'

/** A Twilio account that calls back: its token signs the address and the form. */
export interface CallbackSender extends ReceiptSender {
  authToken: string
  /** As Twilio was told it, byte for byte. */
  url: string
}

export interface Callback {
  body: Buffer
  signature: string | undefined
  /** The client's address. */
  source: string
}

/**
 * Decides which operator a callback of Twilio's comes from: the one whose token signs it with its address. Each has an
 * address or a token of its own. @throws Problem 403.
 */
export type AuthenticateCallback = (callback: Callback) => ReceiptSender

export function createAuthenticateCallback(senders: readonly CallbackSender[]): AuthenticateCallback {
  const known = senders.map((sender) => ({ sender, isAllowed: sourceCheckOf(sender) }))
  return ({ body, signature, source }) => {
    const found = known.find(({ sender: { authToken, url } }) =>
      verifySignature({ authToken, url, body, signature }),
    )
    if (!found) throw invalidSignature()
    if (!found.isAllowed(source)) throw sourceNotAllowed()
    return found.sender
  }
}
