import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { plainAddress } from '../../primitives/ipRange.ts'
import type { AddressCheck } from '../../primitives/ipRange.ts'

/** @returns the address that a request comes from, as text; empty when its connection is already gone. */
export type SourceAddress = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string

/**
 * The connection's own address, unless that is a trusted proxy: then the last address in `X-Forwarded-For` that is not
 * one. Each proxy appends the address that it saw, so whatever stands further left is the client's own claim.
 */
export function sourceAddressOf(isTrusted: AddressCheck): SourceAddress {
  return ({ headers, socket }) => {
    let source = plainAddress(socket.remoteAddress ?? '')
    if (!isTrusted(source)) return source
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
    for (const given of forwarded.reverse()) {
      const address = plainAddress(given.trim())
      if (isIP(address) === 0) return source
      source = address
      if (!isTrusted(source)) return source
    }
    return source
  }
}
