import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { Problem } from '../../primitives/problem.ts'
import { parseExactly } from './exactJson.ts'
import { hasTooManyValues } from './hasTooManyValues.ts'
import { readBody, tooManyValues } from './readBody.ts'
import type { BodyBounds } from './readBody.ts'

/**
 * Reads a JSON body in UTF-8 (RFC 8259); the last of duplicate names counts and unknown names are ignored, `__proto__`
 * too. Other content types are refused before a byte is buffered, which keeps web pages from posting to a loopback
 * address: without a preflight, a browser sends text/plain but not application/json.
 */
export function readJsonBody(bounds: BodyBounds): RequestHandler {
  return async (request: Request, _response: Response, next: NextFunction) => {
    if (hasBody(request)) {
      const fault = findTypeFault(request)
      const bytes = await readBody(request, fault ? { ...bounds, bytesMax: 0 } : bounds).catch(
        (refusal: unknown) => {
          throw fault ?? refusal
        },
      )
      if (fault) throw fault
      if (hasTooManyValues(bytes, bounds.valuesMax)) throw tooManyValues(bounds.valuesMax)
      request.body = parse(bytes)
    } else if (request.headers['content-type'] !== undefined) {
      // Announced and empty: the schema names the missing fields.
      request.body = {}
    }
    next()
  }
}

/** A length of 0 is no body, whatever its type: the schema then says what is missing. */
export function hasBody({ headers }: Pick<Request, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function findTypeFault({ headers }: Request): Problem | undefined {
  const type = headers['content-type'] ?? ''
  const encoding = headers['content-encoding'] ?? 'identity'
  if (type !== 'application/json') {
    const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
    if (media !== 'application/json') {
      return unsupported('The body has to be JSON, sent as application/json.')
    }
    if (parameters.some((each) => each.startsWith('charset=') && !/^charset="?utf-8"?$/.test(each))) {
      return unsupported('The body has to be in UTF-8.')
    }
  }
  // A compressed body could expand to much more than was sent.
  if (encoding.toLowerCase() !== 'identity') return unsupported('The body must not be compressed.')
  return undefined
}

export function unsupported(detail: string): Problem {
  return new Problem(415, 'unsupported_media_type', detail)
}

/** Fatal, because a lenient decoder would silently replace bytes that are not UTF-8. */
const UTF8 = new TextDecoder('utf-8', { fatal: true })

function parse(bytes: Buffer): object {
  let text: string
  try {
    text = UTF8.decode(bytes)
  } catch {
    throw new Problem(400, 'malformed_body', 'The body is not valid UTF-8.')
  }
  try {
    const body = parseExactly(text)
    if (typeof body === 'object' && body !== null) return body
  } catch {
    // Its message quotes the body, which may hold a customer's text.
  }
  throw new Problem(400, 'malformed_body', 'The body is not valid JSON.')
}
