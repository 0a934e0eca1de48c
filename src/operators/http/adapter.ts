import { currentTraceparent } from '../../platform/telemetry/index.ts'
import type { OperatorAdapter, Submission } from '../contract.ts'
import { interpret } from './interpret.ts'
import { interpretStatus } from './interpretStatus.ts'
import { IDLE_TIMEOUT_MS, locate, openConnections } from './connections.ts'
import { BATCH_SIZE_MAX, STATUS_PATH, SUBMIT_PATH } from './protocol.ts'
import type { WireMessage } from './protocol.ts'

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

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

/**
 * An operator that speaks docs/operator-protocol.md; it never repeats a call, because possible duplicates are marked
 * above. Throws a TypeError for a URL that it cannot use; `close` waits for calls in flight.
 */
export function httpAdapter(options: HttpOperator): OperatorAdapter {
  const { name, url, connections, batchSizeMax = BATCH_SIZE_MAX, idleTimeoutMs = IDLE_TIMEOUT_MS } = options
  const { origin, path } = locate(url)
  const pool = openConnections(origin, { connections, idleTimeoutMs })
  const request = (route: string) => ({ method: 'POST' as const, path: path + route, headers: headersNow() })
  return {
    name,
    batchSizeMax,
    callsInFlightMax: connections,
    async submit(batch, timeoutMs) {
      const body = JSON.stringify(batch.length === 1 ? batch.map(toWire)[0] : batch.map(toWire))
      return interpret(batch, await pool.exchange({ ...request(SUBMIT_PATH), body, timeoutMs }))
    },
    async query(batch, timeoutMs) {
      const body = JSON.stringify({ references: batch.map(({ reference }) => reference) })
      const exchanged = await pool.exchange({ ...request(STATUS_PATH), body, timeoutMs })
      return interpretStatus(batch, exchanged)
    },
    close: () => pool.close(),
  }
}

/** A call that is recorded says so: its span is that of the first sampled message in it. */
function headersNow(): Record<string, string> {
  const traceparent = currentTraceparent()
  return traceparent === undefined ? HEADERS : { ...HEADERS, traceparent }
}

/** The operator's default is a member that is missing, as it was before senders could be given. */
function toWire({ reference, to, from, text }: Submission): WireMessage {
  return from === null ? { reference, to, text } : { reference, to, from, text }
}
