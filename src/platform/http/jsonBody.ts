import { isUtf8 } from 'node:buffer'
import express from 'express'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { Problem } from '../../primitives/problem.ts'

/**
 * Reads a JSON body of at most `bytesMax` bytes in UTF-8, as RFC 8259 wants it. Other types are refused before a byte
 * is read. That also keeps a web page in somebody's browser from posting to a loopback address behind their back: a
 * page may send text/plain to anywhere without asking, but not application/json.
 */
export function readJsonBody(bytesMax: number): RequestHandler[] {
  return [
    requireJson,
    express.json({
      limit: bytesMax,
      type: 'application/json',
      // A compressed body would be a way to make us unpack much more than was sent.
      inflate: false,
      verify: requireUtf8,
    }),
  ]
}

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  // A length of 0 is no body, whatever its type: the schema then says what is missing.
  if (request.get('content-length') !== '0' && request.is('application/json') === false) {
    throw new Problem(415, 'unsupported_media_type', 'The body has to be JSON, sent as application/json.')
  }
  next()
}

/** The decoder behind express.json puts a replacement character where bytes are no UTF-8: a changed text, unnoticed. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8') throw new Problem(415, 'unsupported_media_type', 'The body has to be in UTF-8.')
  if (!isUtf8(body)) throw new Problem(400, 'malformed_body', 'The body is not valid UTF-8.')
}
