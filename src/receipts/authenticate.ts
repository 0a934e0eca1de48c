import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ProtocolName, ReceiptOptions } from '../operators/index.ts'
import { addressCheckOf } from '../primitives/ipRange.ts'
import type { AddressCheck } from '../primitives/ipRange.ts'
import { Problem } from '../primitives/problem.ts'

/** An operator that sends receipts over HTTP. */
export interface ReceiptSender {
  name: string
  protocol: ProtocolName
  receipts: ReceiptOptions
}

/** What a request with receipts is known by before its body is read. */
export interface ReceiptRequest {
  headers: IncomingMessage['headers']
  query: URLSearchParams
  /** The client's address. */
  source: string
}

interface Known {
  sender: ReceiptSender
  secretHash: Buffer
  isAllowed: AddressCheck
}

/** Of a request's address, for operators that can send neither headers of their own nor a password. */
export const SECRET_PARAMETER = 'secret'

/** One answer for an unknown operator and a wrong secret, so that it says nothing about who sends here. */
export function unknownSender(): Problem {
  return new Problem(
    401,
    'invalid_secret',
    'No operator of this name sends receipts here, or its secret is another.',
    { headers: { 'WWW-Authenticate': 'Bearer' } },
  )
}

export function sourceNotAllowed(): Problem {
  return new Problem(403, 'source_not_allowed', 'This operator does not send receipts from this address.')
}

export function invalidSignature(): Problem {
  return new Problem(403, 'invalid_signature', 'The signature is missing, or is not that of what was sent.')
}

/**
 * Decides which operator a request comes from, by its path, its secret and its address. A signature is checked once its
 * body is read. @throws Problem 401 or 403.
 */
export type Authenticate = (name: string, request: ReceiptRequest) => ReceiptSender

export function createAuthenticate(senders: readonly ReceiptSender[]): Authenticate {
  const known = new Map(senders.flatMap((sender) => toKnown(sender).map((each) => [sender.name, each])))
  return (name, { headers, query, source }) => {
    const operator = known.get(name)
    if (!operator) throw unknownSender()
    if (!operator.sender.receipts.signature && !isSecretOf(operator, secretsIn(headers, query)))
      throw unknownSender()
    if (!operator.isAllowed(source)) throw sourceNotAllowed()
    return operator.sender
  }
}

/** None without a secret. */
function toKnown(sender: ReceiptSender): Known[] {
  const { secret } = sender.receipts
  if (secret === undefined) return []
  return [{ sender, secretHash: hashOf(secret), isAllowed: sourceCheckOf(sender) }]
}

export function sourceCheckOf({ receipts: { allowedSources } }: ReceiptSender): AddressCheck {
  return allowedSources === null ? () => true : addressCheckOf(allowedSources)
}

/** As a bearer token, as the password of `https://any:SECRET@host/…`, or as a parameter of the address. */
function secretsIn(headers: IncomingMessage['headers'], query: URLSearchParams): string[] {
  const { authorization = '' } = headers
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  const basic = /^Basic +(\S+) *$/i.exec(authorization)?.[1]
  const password = basic && Buffer.from(basic, 'base64').toString().split(':').slice(1).join(':')
  return [bearer, password, query.get(SECRET_PARAMETER)].filter((given) => typeof given === 'string')
}

function isSecretOf({ secretHash }: Known, given: string[]): boolean {
  return given.some((each) => timingSafeEqual(secretHash, hashOf(each)))
}

/** Of one length, whatever was given. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** @throws Problem 403 if the operator signs what it sends, and this is not its signature. */
export function checkSignature(
  { receipts: { secret = '', signature } }: ReceiptSender,
  headers: IncomingMessage['headers'],
  signed: Buffer,
): void {
  if (!signature) return
  const expected = createHmac(signature.algorithm, secret).update(signed).digest()
  const text = headers[signature.header]
  // Many write the algorithm before it, as in `sha256=…`.
  const bare = typeof text === 'string' ? text.replace(`${signature.algorithm}=`, '') : ''
  const given = Buffer.from(bare, signature.encoding)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw invalidSignature()
}
