import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import { commonHeaders } from './answer.ts'

/** As many characters as a SHA-256 has in base64 without padding. */
const TAG_CHARS = 43

export interface TaggedAnswer {
  type: string
  headers?: Record<string, string>
  text: string
  /** What the tag is made of: everything that the answer says. */
  tagged: string
}

/**
 * Answers with a strong ETag made of the content; 304 without a body to a client that has it already. Unlike other answers
 * it may be kept, by the client alone, and has to be asked for again each time.
 */
export function answerTagged(request: Request, response: Response, answer: TaggedAnswer): void {
  const { type, headers = {}, text, tagged } = answer
  const hash = createHash('sha256').update(type).update('\0').update(tagged).digest('base64url')
  const tag = `"${hash.slice(0, TAG_CHARS)}"`
  const lines = commonHeaders(response)
  lines[lines.indexOf('Cache-Control') + 1] = 'private, no-cache'
  lines.push('ETag', tag, 'Vary', 'Accept, Authorization, X-API-Key')
  for (const name in headers) lines.push(name, headers[name] as string)
  if (hasTag(request.headers['if-none-match'], tag)) {
    response.writeHead(304, lines)
    response.end()
    return
  }
  lines.push('Content-Type', type, 'Content-Length', String(Buffer.byteLength(text)))
  response.writeHead(200, lines)
  response.end(text)
}

/** A weak tag of the same content is one of it, too (RFC 9110, 13.1.2). */
function hasTag(header: string | undefined, tag: string): boolean {
  const given = header?.split(',').map((each) => each.trim().replace(/^W\//, ''))
  return given?.some((each) => each === tag || each === '*') ?? false
}
