import { Pool } from 'undici'
import { exchange } from './exchange.ts'
import type { Exchange, ExchangeOptions } from './exchange.ts'
import { ANSWER_BYTES_MAX } from './protocol.ts'

/** Below an attempt's 5 s, so that an operator that cannot be reached is known as such and not as a time-out. */
export const CONNECT_TIMEOUT_MS = 2_000

/** Below what common servers keep. A connection that is closed while a call leaves makes its messages unknown. */
export const IDLE_TIMEOUT_MS = 1_000

/** An operator that closed a connection under a call, perhaps an idle one, gets one for each call for this time. */
const FRESH_CONNECTIONS_MS = 60_000

export interface ConnectionsOptions {
  /** At most. A call beyond them waits for one within its own time. */
  connections: number
  /** Connections that are idle for longer are closed by us, whatever the operator announces. */
  idleTimeoutMs: number
}

/** The connections to one operator. A request is made once and never repeated, and no redirect is followed. */
export interface Connections {
  exchange(request: Omit<ExchangeOptions, 'closeAfter'>): Promise<Exchange>
  /** Waits for the requests in flight, which their time limits bound. */
  close(): Promise<void>
}

export function openConnections(
  origin: string,
  { connections, idleTimeoutMs }: ConnectionsOptions,
): Connections {
  const pool = new Pool(origin, {
    connections,
    // One request a connection at a time: with pipelining, one hanging call would make its followers unknown as well.
    pipelining: 1,
    allowH2: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAliveTimeout: idleTimeoutMs,
    keepAliveMaxTimeout: idleTimeoutMs,
    // Each request has its own timer over all of its phases.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: ANSWER_BYTES_MAX,
  })
  let freshUntilMs = -Infinity
  let closing: Promise<void> | undefined
  return {
    async exchange(request) {
      const closeAfter = performance.now() < freshUntilMs
      const exchanged = await exchange(pool, { ...request, closeAfter })
      if (exchanged.wasCut) freshUntilMs = performance.now() + FRESH_CONNECTIONS_MS
      return exchanged
    },
    close: () => (closing ??= pool.close()),
  }
}

/**
 * An operator's address, split for requests: its path has no slash at the end. Throws a TypeError for anything but http
 * or https, or with more than a host, a port and a path.
 */
export function locate(url: string): { origin: string; path: string } {
  const { protocol, origin, pathname, username, password, search, hash } = new URL(url)
  const extras = username || password || search || hash
  // Not echoed: what is wrong with it may be that it holds a password.
  if (!/^https?:$/.test(protocol) || extras)
    throw new TypeError('an operator URL is http(s)://host[:port][/path]')
  return { origin, path: pathname.replace(/\/+$/, '') }
}
