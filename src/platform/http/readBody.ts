import type { IncomingMessage } from 'node:http'
import { Problem } from '../../primitives/problem.ts'
import { formatCount } from '../../primitives/text.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import type { BodyBudget } from './bodyBudget.ts'

export interface BodyBounds {
  /** Of one body. */
  bytesMax: number
  /** JSON values of one body. */
  valuesMax: number
  /** The budget of all bodies that are being read. */
  budget: BodyBudget
}

/**
 * Reads a body to its end, within a bound on all bodies together that Express's own reader lacks. A refused body is
 * read and dropped, within the request's time-out: a client that is still sending would lose the answer when the
 * connection closes.
 * @returns a promise that never settles when the client disconnects before the end or was already refused.
 * @throws Problem 413 `body_too_large`, and Unavailable `overloaded` when the budget is spent.
 */
export function readBody(request: IncomingMessage, { bytesMax, budget }: BodyBounds): Promise<Buffer> {
  const chunks: Buffer[] = []
  let held = 0
  let cost = 0
  let refusal: Error | undefined
  if (Number(request.headers['content-length']) > bytesMax) refusal = bodyTooLarge(bytesMax)

  const release = () => {
    budget.give(cost)
    cost = 0
  }
  const hold = (chunk: Buffer) => {
    if (refusal) return
    if (held + chunk.length > bytesMax) refusal = bodyTooLarge(bytesMax)
    else if (!budget.take(costOf(chunk), cost)) refusal = noRoom()
    if (refusal) {
      release()
      chunks.length = 0
      return
    }
    held += chunk.length
    cost += costOf(chunk)
    chunks.push(chunk)
  }
  return new Promise((resolve, reject) => {
    request.on('data', hold)
    request.once('end', () => {
      release()
      if (!request.socket.writable) return
      if (refusal) reject(refusal)
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    })
    request.once('close', release)
  })
}

/**
 * Each chunk costs some 300 bytes of memory besides its content (measured), so a body of one-byte chunks is the most
 * expensive.
 */
const CHUNK_BYTES = 512

function costOf(chunk: Buffer): number {
  return chunk.length + CHUNK_BYTES
}

/** @returns the refusal of a body with more values than a route takes. */
export function tooManyValues(valuesMax: number): Problem {
  return new Problem(413, 'body_too_large', `The body has more than ${formatCount(valuesMax)} values.`)
}

/** @returns the refusal of a longer body than a route takes. */
export function bodyTooLarge(bytesMax: number): Problem {
  return new Problem(413, 'body_too_large', `The body is larger than ${bytesMax} bytes.`)
}

function noRoom(): Unavailable {
  return new Unavailable('overloaded', 'Too much is being received at this moment. Nothing was changed.')
}
