import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Problem } from '../../primitives/problem.ts'
import { HEADERS_MAX } from './connectionLimits.ts'

/**
 * Checks what Node's parser accepts; with `ownHost`, the address or name that is listened on, requests with another
 * `Host` are refused. This prevents DNS rebinding: a web page may resolve its own name to 127.0.0.1, but cannot make
 * the browser send an address or localhost as `Host`.
 */
export function headChecker(ownHost?: string): (request: IncomingMessage) => void {
  const own = ownHost?.toLowerCase()
  let knownHost: string | undefined
  return (request) => {
    const { rawHeaders, headers, httpVersionMinor } = request
    if (rawHeaders.length > 2 * HEADERS_MAX) {
      throw new Problem(431, 'too_many_headers', `There are more than ${HEADERS_MAX} headers.`)
    }
    const hosts = countHosts(rawHeaders)
    if (hosts > 1 || (hosts === 0 && httpVersionMinor > 0)) {
      throw new Problem(400, 'malformed_request', 'HTTP/1.1 needs exactly one header Host.')
    }
    const { host, expect } = headers
    if (own !== undefined && host !== undefined && host !== knownHost) {
      if (!isNameOfThisMachine(host, own)) throw misdirected()
      knownHost = host
    }
    if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
      throw new Problem(417, 'expectation_failed', 'Nothing but 100-continue can be expected here.')
    }
  }
}

/** Node silently keeps the first of several, and a proxy in front may have used another. */
function countHosts(rawHeaders: string[]): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

/** An IP address cannot be rebound by DNS, and `localhost` is always this machine. */
function isNameOfThisMachine(host: string, own: string): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]@/]+))(?::[0-9]*)?$/i.exec(host) ?? []
  if (bracketed !== undefined) return isIP(bracketed) === 6
  const name = plain?.toLowerCase().replace(/\.$/, '') ?? ''
  return name === own || name === 'localhost' || name.endsWith('.localhost') || isIP(name) === 4
}

function misdirected(): Problem {
  return new Problem(
    421,
    'unknown_host',
    'Only this machine is served, by an IP address or as localhost; the header Host names something else.',
  )
}
