import { Pool } from 'undici'
import type { OperatorAdapter } from '../contract.ts'
import { exchange } from './exchange.ts'
import { interpret } from './interpret.ts'
import { ANSWER_BYTES_MAX, BATCH_SIZE_MAX, SUBMIT_PATH } from './protocol.ts'

/** Below an attempt's 5 s, so that an operator that cannot be reached is known as such and not as a time-out. */
export const CONNECT_TIMEOUT_MS = 2_000

/** Below what common servers keep. A connection that is closed while a call leaves makes its messages unknown. */
export const IDLE_TIMEOUT_MS = 1_000

/** An operator that closed a connection under a call, perhaps an idle one, gets one for each call for this time. */
const FRESH_CONNECTIONS_MS = 60_000

export interface HttpOperator {
  name: string
  /** Where the operator's routes begin: http or https, a path if it has one, nothing else. */
  url: string
  /** At most. A call beyond them waits for one within its own time. */
  connections: number
  /** Messages of one call, at most the protocol's. */
  batchSizeMax?: number
  /** Connections that are idle for longer are closed by us, whatever the operator announces. */
  idleTimeoutMs?: number
}

/**
 * An operator that speaks docs/operator-protocol.md. It never repeats a call: whether to is decided above, where
 * possible duplicates are marked. Throws a TypeError for a URL that it cannot use. `close` waits for calls in flight.
 */
export function httpAdapter(options: HttpOperator): OperatorAdapter {
  const { name, url, connections, batchSizeMax = BATCH_SIZE_MAX, idleTimeoutMs = IDLE_TIMEOUT_MS } = options
  const { origin, path } = locate(url)
  const pool = new Pool(origin, {
    connections,
    // One request a connection at a time: with pipelining, one hanging call would make its followers unknown as well.
    pipelining: 1,
    allowH2: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAliveTimeout: idleTimeoutMs,
    keepAliveMaxTimeout: idleTimeoutMs,
    // Each call has its own timer over all of its phases.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: ANSWER_BYTES_MAX,
  })
  let freshUntilMs = -Infinity
  let closing: Promise<void> | undefined
  return {
    name,
    batchSizeMax,
    callsInFlightMax: connections,
    async submit(batch, timeoutMs) {
      const json = JSON.stringify(batch.length === 1 ? batch[0] : batch)
      const closeAfter = performance.now() < freshUntilMs
      const exchanged = await exchange(pool, { path, json, timeoutMs, closeAfter })
      if (exchanged.wasCut) freshUntilMs = performance.now() + FRESH_CONNECTIONS_MS
      return interpret(batch, exchanged)
    },
    close: () => (closing ??= pool.close()),
  }
}

function locate(url: string): { origin: string; path: string } {
  const { protocol, origin, pathname, username, password, search, hash } = new URL(url)
  const extras = username || password || search || hash
  // Not echoed: what is wrong with it may be that it holds a password.
  if (!/^https?:$/.test(protocol) || extras)
    throw new TypeError('an operator URL is http(s)://host[:port][/path]')
  return { origin, path: pathname.replace(/\/+$/, '') + SUBMIT_PATH }
}
