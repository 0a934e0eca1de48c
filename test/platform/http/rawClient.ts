import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { RequestListener } from 'node:http'
import { HTTP_LIMITS, listen } from '../../../src/platform/http/index.ts'
import type { HttpLimits, Listener } from '../../../src/platform/http/index.ts'
import { openAnswerReader } from '../../../chaos/hostile/answers.ts'
import type { Answer } from '../../../chaos/hostile/answers.ts'
import { memoryLog } from '../../support/memoryLog.ts'

/** A client that says exactly what a test wants, byte by byte. */
export interface RawClient {
  socket: Socket
  say: (bytes: string | Buffer) => void
  /** All that arrived. */
  got: () => string
  isClosed: () => boolean
  /** How the connection failed, if it did not just end. */
  fault: () => string | undefined
}

export async function dial({ port }: { port: number }): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  let received = ''
  let closed = false
  let fault: string | undefined
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  // Whether the server ends or resets is its own affair; that it is over is ours.
  for (const event of ['end', 'close', 'error'] as const) socket.on(event, () => (closed = true))
  socket.on('error', (error: NodeJS.ErrnoException) => (fault = error.code))
  await once(socket, 'connect')
  return {
    socket,
    say: (bytes) => void socket.write(bytes),
    got: () => received,
    isClosed: () => closed,
    fault: () => fault,
  }
}

/** The server as it is, with some of its limits smaller, at a port of its own. */
export function listenWith(handle: RequestListener, limits: Partial<HttpLimits> = {}): Promise<Listener> {
  return listen(handle, { host: '127.0.0.1', port: 0 }, memoryLog().logger, { ...HTTP_LIMITS, ...limits })
}

/** @returns the whole answers in what arrived. */
export function answersIn(text: string): Answer[] {
  return openAnswerReader(() => false).take(text)
}

/** Sees that an answer is a problem document of this status and code, with all the headers of one. */
export function assertProblem(answer: Answer | undefined, status: number, code: string): void {
  assert.ok(answer, 'there is no answer')
  assert.equal(answer.status, status)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
  const document = JSON.parse(answer.body) as {
    status: number
    code: string
    type: string
    request_id: string
  }
  assert.deepEqual(
    [document.status, document.code, document.type],
    [status, code, `urn:chapar:problem:${code}`],
  )
  assert.equal(document.request_id, answer.headers.get('x-request-id'))
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
}
