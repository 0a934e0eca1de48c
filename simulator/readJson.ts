import type { IncomingMessage } from 'node:http'

export type Body = { ok: true; json: unknown } | { ok: false; status: 400 | 413; reason: string }

/** A request's body as JSON, read up to a limit. Never settles when the caller disconnects in the middle. */
export function readJson(request: IncomingMessage, bytesMax: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      // The rest is read and dropped, so that the answer is not lost to a reset.
      if (bytes > bytesMax) chunks.length = 0
      else chunks.push(chunk)
    })
    request.on('end', () => {
      if (bytes > bytesMax) resolve({ ok: false, status: 413, reason: `more than ${bytesMax} bytes` })
      else resolve(parse(Buffer.concat(chunks).toString()))
    })
  })
}

function parse(text: string): Body {
  try {
    return { ok: true, json: JSON.parse(text) }
  } catch {
    return { ok: false, status: 400, reason: 'not JSON' }
  }
}
