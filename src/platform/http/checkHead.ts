import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Problem } from '../../primitives/problem.ts'
import { HEADERS_MAX } from './limits.ts'

/**
 * Looks at what Node's parser lets pass. With `ownHost`, the address or name that is listened on, only this machine is
 * meant to ask, and requests under a name that is not its own are refused: a web page may have its own name lead to
 * 127.0.0.1 and then read and post here as if it were ours (DNS rebinding). It can not make a browser say an address,
 * or localhost, for its name.
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

/** Node keeps the first of several and says nothing; a proxy before us may have looked at another. */
function countHosts(rawHeaders: string[]): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

/** An address of the network names this machine or leads nowhere near it; `localhost` is always this machine. */
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
