import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { hasTooManyValues } from './hasTooManyValues.ts'
import { hasBody, unsupported } from './jsonBody.ts'
import { readBody, tooManyValues } from './readBody.ts'
import type { BodyBounds } from './readBody.ts'

/** Reads a body of any type as it was sent: empty when there is none. Compressed ones are refused, as everywhere. */
export function readRawBody(bounds: BodyBounds): RequestHandler {
  return async (request: Request, _response: Response, next: NextFunction) => {
    let bytes: Buffer = Buffer.alloc(0)
    if (hasBody(request)) {
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding.toLowerCase() !== 'identity') throw unsupported('The body must not be compressed.')
      bytes = await readBody(request, bounds)
      if (hasTooManyValues(bytes, bounds.valuesMax)) throw tooManyValues(bounds.valuesMax)
    }
    request.body = bytes
    next()
  }
}
