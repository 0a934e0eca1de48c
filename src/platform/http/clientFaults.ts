import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { PROBLEM_CONTENT_TYPE, Problem, toDocument } from '../../primitives/problem.ts'
import { EVERY_ANSWER } from './headers.ts'

/** The latest unanswered request of each connection, if any. */
type LatestOn = (socket: Duplex) => ServerResponse | undefined

export interface ClientFaults {
  /** Refuses a request that Node's parser cannot read, or that did not arrive in time. */
  refuse: (error: NodeJS.ErrnoException, socket: Duplex) => void
  /** Refuses CONNECT: this server is no proxy. */
  refuseConnect: (socket: Duplex) => void
}

/**
 * Answers malformed requests with a problem document and closes the connection. It does so only while no earlier
 * pipelined request is unanswered: the client would take the `400` for that request's answer, although its money may
 * have moved.
 */
export function clientFaults(latestOn: LatestOn, lingerMs: number): ClientFaults {
  function end(socket: Duplex, problem: Problem): void {
    const latest = latestOn(socket)
    if (!socket.writable) socket.destroy()
    else if (!latest || latest.writableFinished)
      answer(socket, problem, lingerMs, latest?.req.complete ?? true)
    else if (latest.req.complete) closeAfter(latest, socket)
    else answer(socket, problem, lingerMs, latest.socket === socket && !latest.headersSent)
  }
  return {
    refuse: (error, socket) => end(socket, toProblem(error)),
    refuseConnect(socket) {
      // Node has removed its own listeners from this socket.
      socket.on('error', () => socket.destroy())
      const headers = { Allow: 'GET, HEAD, POST, PATCH, DELETE, OPTIONS' }
      end(socket, new Problem(405, 'method_not_allowed', 'This is not a proxy.', { headers }))
    },
  }
}

/** Reads on for a moment: closing with unread bytes would reset the connection and lose the answer. */
function answer(socket: Duplex, problem: Problem, lingerMs: number, isAnswerable: boolean): void {
  if (!isAnswerable) {
    socket.destroy()
    return
  }
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
  socket.end(toBytes(problem))
  socket.resume()
}

function closeAfter(latest: ServerResponse, socket: Duplex): void {
  latest.shouldKeepAlive = false
  latest.once('close', () => socket.destroy())
}

function toBytes(problem: Problem): string {
  const requestId = randomUUID()
  const document = JSON.stringify(toDocument(problem, requestId))
  const pairs = [
    ...['X-Request-Id', requestId, ...EVERY_ANSWER, ...Object.entries(problem.headers).flat()],
    ...['Content-Type', `${PROBLEM_CONTENT_TYPE}; charset=utf-8`],
    ...['Content-Length', String(Buffer.byteLength(document)), 'Connection', 'close'],
  ]
  let head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n`
  for (let i = 0; i < pairs.length; i += 2) head += `${pairs[i]}: ${pairs[i + 1]}\r\n`
  return `${head}\r\n${document}`
}

/** By Node's code for the fault: status, code and detail of the answer. */
const REFUSALS: Readonly<Record<string, [number, string, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request did not arrive whole in time.'],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The address and the headers are too long.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'body_too_large', 'The chunks carry too much besides the body.'],
}

function toProblem({ code = '' }: NodeJS.ErrnoException): Problem {
  return new Problem(...(REFUSALS[code] ?? [400, 'malformed_request', 'The request is not valid HTTP/1.1.']))
}
